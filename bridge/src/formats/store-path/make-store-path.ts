import { hashBytes } from "../../digest/index.js";
import { compress160 } from "../hash/compress-hash.js";
import { formatMethodAlgorithm } from "../hash/content-address.js";
import type { ContentAddress } from "../hash/hash.js";
import { encodeNixBase32 } from "../nixbase32/encode.js";
import { StorePathError } from "./error.js";
import { checkStorePathName, DRV_SUFFIX, nameOf } from "./parse-store-path.js";
import type { StorePath } from "./store-path.js";

/** What a path refers to. */
export interface StorePathReferences {
  /** In any order, without the path itself. */
  readonly references?: readonly StorePath[];
  /** Whether it refers to itself. */
  readonly self?: boolean;
}

/**
 * The path for a fingerprint: the one function behind all others here.
 *
 * Source: Nix, doc/manual/source/protocols/store-path.md.
 *
 * @param type what kind of path it is, with what else decides it, e.g. `output:out`.
 * @param innerSha256 64 lower-case hex digits.
 * @throws StorePathError for a bad name.
 */
export function makeStorePath(storeDir: string, type: string, innerSha256: string, name: string): StorePath {
  checkStorePathName(name);
  const fingerprint = `${type}:sha256:${innerSha256}:${storeDir}:${name}`;
  const hash = Buffer.from(sha256Hex(fingerprint), "hex");
  return `${encodeNixBase32(compress160(hash))}-${name}` as StorePath;
}

function sha256Hex(text: string): string {
  return hashBytes("sha256", Buffer.from(text, "utf8"));
}

function typeOf(storeDir: string, kind: string, { references = [], self = false }: StorePathReferences): string {
  const sorted = [...new Set(references)].sort();
  return [kind, ...sorted.map((path) => `${storeDir}/${path}`), ...(self ? ["self"] : [])].join(":");
}

/**
 * The path of a text with references: `builtins.toFile`, and every `.drv`.
 *
 * @param contentsSha256 64 lower-case hex digits.
 * @throws StorePathError for a bad name.
 */
export function makeTextPath(
  storeDir: string,
  name: string,
  contentsSha256: string,
  references: readonly StorePath[] = [],
): StorePath {
  return makeStorePath(storeDir, typeOf(storeDir, "text", { references }), contentsSha256, name);
}

/**
 * The path of contents with a known hash.
 *
 * Source: Nix, `makeFixedOutputPathFromCA` in src/libstore/store-dir-config.cc.
 *
 * @throws StorePathError for a bad name; for references where the method has none (all but text and nar with sha256); for text of another
 *   algorithm than sha256 or referring to itself.
 */
export function makeFixedOutputPath(
  storeDir: string,
  name: string,
  ca: ContentAddress,
  refs: StorePathReferences = {},
): StorePath {
  const { method, hash } = ca;
  const self = refs.self ?? false;
  if (method === "text") {
    if (hash.algorithm !== "sha256") throw new StorePathError(`text '${name}' must be addressed by sha256`);
    if (self) throw new StorePathError(`text '${name}' is not allowed to refer to itself`);
    return makeTextPath(storeDir, name, hash.hex, refs.references);
  }
  if (method === "nar" && hash.algorithm === "sha256")
    return makeStorePath(storeDir, typeOf(storeDir, "source", refs), hash.hex, name);
  if (method === "git" && hash.algorithm !== "sha1" && hash.algorithm !== "sha256")
    throw new StorePathError("Git file ingestion must use SHA-1 or SHA-256 hash");
  if (self || (refs.references ?? []).length > 0)
    throw new StorePathError(`fixed output '${name}' is not allowed to refer to other store paths`);
  const inner = sha256Hex(`fixed:out:${formatMethodAlgorithm({ method, algorithm: hash.algorithm })}:${hash.hex}:`);
  return makeStorePath(storeDir, "output:out", inner, name);
}

/** The name of an output's path: that of the derivation, with the output's unless it is `out`. */
export function outputPathName(drvName: string, outputName: string): string {
  return outputName === "out" ? drvName : `${drvName}-${outputName}`;
}

/**
 * The path of an input-addressed output.
 *
 * @param moduloHex the hash modulo of its derivation with its outputs masked.
 * @throws StorePathError for a bad name.
 */
export function makeOutputPath(storeDir: string, moduloHex: string, outputName: string, drvName: string): StorePath {
  return makeStorePath(storeDir, `output:${outputName}`, moduloHex, outputPathName(drvName, outputName));
}

const NO_HASH = "0".repeat(64);

/** The name of a derivation: that of its path, less `.drv`. @throws StorePathError if it does not end so. */
export function drvNameOf(drvPath: StorePath): string {
  if (!drvPath.endsWith(DRV_SUFFIX)) throw new StorePathError(`'${drvPath}' is not a valid derivation path`);
  return nameOf(drvPath).slice(0, -DRV_SUFFIX.length);
}

/**
 * Where a builder puts an output whose final path is not known while it runs: a floating or impure one.
 *
 * Source: Nix, `makeFallbackPath(outputName)` in src/libstore/unix/build/derivation-builder.cc.
 *
 * @throws StorePathError if `drvPath` is not a derivation's.
 */
export function makeScratchPath(storeDir: string, drvPath: StorePath, outputName: string): StorePath {
  const name = outputPathName(drvNameOf(drvPath), outputName);
  return makeStorePath(storeDir, `rewrite:${drvPath}:name:${outputName}`, NO_HASH, name);
}

/**
 * Where a builder puts an output whose final path is known, but occupied: a rebuild to compare or repair outside of a sandbox.
 *
 * Source: Nix, `makeFallbackPath(path)`, as above.
 */
export function makeRedirectedPath(storeDir: string, drvPath: StorePath, path: StorePath): StorePath {
  return makeStorePath(storeDir, `rewrite:${drvPath}:${path}`, NO_HASH, nameOf(path));
}
