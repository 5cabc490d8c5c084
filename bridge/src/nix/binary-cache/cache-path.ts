import {
  decodeEntry,
  CastoreError,
  isDerivationPath,
  isStorePath,
  HashError,
  parseNixHash,
  type CastoreNode,
  type StorePath,
} from "../../formats/index.js";
import { CACHE_INFO } from "../substitute/cache/cache-info.js";

/** What a path of a binary cache names. */
export type CachePath =
  | { readonly kind: "info" }
  | { readonly kind: "narinfo"; readonly hashPart: string }
  | { readonly kind: "listing"; readonly hashPart: string }
  | ArchivePath
  | CastorePath
  | PackedPath
  | { readonly kind: "log"; readonly drvPath: StorePath }
  | { readonly kind: "realisation"; readonly id: string }
  | { readonly kind: "trace"; readonly drvPath: StorePath; readonly output: string }
  | { readonly kind: "debuginfo"; readonly buildId: string };

/** An archive that we describe: `nar/<hash part>-<NarHash>.nar`, or `.nar.zst`. */
export interface ArchivePath {
  readonly kind: "archive";
  readonly hashPart: string;
  /** SHA-256 of the archive, 64 lower-case hex digits. */
  readonly narHash: string;
  readonly isPacked: boolean;
}

/** An archive by the root of its tree, as nar-bridge of Tvix and Snix has them: `nar/snix-castore/<Entry in base64url>`. */
export interface CastorePath {
  readonly kind: "castore";
  readonly node: CastoreNode;
}

/** An archive as Nix uploads it: `nar/<SHA-256 of the file>.nar[.xz …]`. */
export interface PackedPath {
  readonly kind: "packed";
  /** Relative to the cache, as narinfos have it. */
  readonly url: string;
  /** SHA-256 of the file, 64 lower-case hex digits. */
  readonly fileHash: string;
  /** E.g. `.xz`; empty for none, and for gzip, which Nix gives none. */
  readonly suffix: string;
}

const HASH_PART = "[0-9a-df-np-sv-z]{32}";
const BASE32_SHA256 = "[0-9a-df-np-sv-z]{52}";
const OUTPUT_NAME = "[0-9A-Za-z+\\-._?=]{1,211}";

const DESCRIPTION = new RegExp(`^/(${HASH_PART})\\.(narinfo|ls)$`);
const ARCHIVE = new RegExp(`^/nar/(${HASH_PART})-(${BASE32_SHA256})\\.nar(\\.zst)?$`);
const PACKED = new RegExp(`^/(nar/(${BASE32_SHA256})\\.nar(\\.[0-9a-z]{1,8})?)$`);
const CASTORE = /^\/nar\/(?:snix|tvix)-castore\/([0-9A-Za-z_-]{1,8192})$/;
const LOG = /^\/log\/([^/]+)$/;
const REALISATION = new RegExp(`^/realisations/(sha256:[0-9a-f]{64}!${OUTPUT_NAME})\\.doi$`);
const TRACE = new RegExp(`^/build-trace-v2/([^/]+)/(${OUTPUT_NAME})\\.doi$`);
const DEBUG_INFO = /^\/debuginfo\/([0-9a-f]{40})(?:\.debug)?$/;

/**
 * Reads the path of a request; `undefined` for any that is no binary cache's.
 *
 * Sources: Nix, src/libstore/binary-cache-store.cc; Snix, nar-bridge/src/lib.rs (the castore's).
 *
 * @param path begins with `/`; percent escapes are decoded.
 */
export function parseCachePath(path: string): CachePath | undefined {
  if (path === `/${CACHE_INFO}`) return { kind: "info" };
  const [, hashPart, what] = DESCRIPTION.exec(path) ?? [];
  if (hashPart !== undefined) return { kind: what === "ls" ? "listing" : "narinfo", hashPart };
  return parseArchivePath(path) ?? parseOther(path);
}

function parseArchivePath(path: string): CachePath | undefined {
  const archive = ARCHIVE.exec(path);
  if (archive !== null) {
    const narHash = hexOf(archive[2]!);
    if (narHash === undefined) return undefined;
    return { kind: "archive", hashPart: archive[1]!, narHash, isPacked: archive[3] !== undefined };
  }
  const packed = PACKED.exec(path);
  if (packed !== null) {
    const fileHash = hexOf(packed[2]!);
    return fileHash === undefined ? undefined : { kind: "packed", url: packed[1]!, fileHash, suffix: packed[3] ?? "" };
  }
  const entry = CASTORE.exec(path)?.[1];
  const node = entry === undefined ? undefined : nodeOf(entry);
  return node === undefined ? undefined : { kind: "castore", node };
}

function parseOther(path: string): CachePath | undefined {
  const log = LOG.exec(path)?.[1];
  if (log !== undefined) return isDerivation(log) ? { kind: "log", drvPath: log } : undefined;
  const id = REALISATION.exec(path)?.[1];
  if (id !== undefined) return { kind: "realisation", id };
  const [, drvPath, output] = TRACE.exec(path) ?? [];
  if (drvPath !== undefined && isDerivation(drvPath)) return { kind: "trace", drvPath, output: output! };
  const buildId = DEBUG_INFO.exec(path)?.[1];
  return buildId === undefined ? undefined : { kind: "debuginfo", buildId };
}

const isDerivation = (text: string): text is StorePath => isStorePath(text) && isDerivationPath(text);

/** Not every text of 52 characters has 256 bits. */
function hexOf(base32: string): string | undefined {
  try {
    return parseNixHash(`sha256:${base32}`).hex;
  } catch (cause) {
    if (cause instanceof HashError) return undefined;
    throw cause;
  }
}

function nodeOf(base64url: string): CastoreNode | undefined {
  try {
    return decodeEntry(Buffer.from(base64url, "base64url"));
  } catch (cause) {
    if (cause instanceof CastoreError) return undefined;
    throw cause;
  }
}
