import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ReadyDerivation } from "#src/coordinator/build.js";
import {
  byteStringFrom,
  isDerivationPath,
  parseContentAddress,
  parseDerivation,
  parseNixHash,
  parseStorePath,
  parseStorePathIn,
  type ByteString,
  type CastoreNode,
  type StorePath,
} from "#src/formats/index.js";
import type { PathInfo, Store } from "#src/store/index.js";

/** What Nix did with a derivation of `fixtures/environments.nix`. */
export interface Recorded {
  readonly ready: ReadyDerivation;
  /** The builder's variables, in their order. */
  readonly variables: readonly (readonly [name: string, value: string])[];
  readonly args: readonly string[];
  /** By name. */
  readonly files: ReadonlyMap<string, string>;
}

export const STORE_DIR = "/nix/store";
const FIXTURES = join(import.meta.dirname, "fixtures");

function read(...path: string[]): ByteString {
  return byteStringFrom(readFileSync(join(FIXTURES, ...path)));
}

function splitNul(text: string): string[] {
  return text.split("\0").slice(0, -1);
}

/** Reads a recording; `environ` and `cmdline` are empty where they were not recorded. */
export function recorded(name: string): Recorded {
  const drvPath = parseStorePath(read(name, "path").trim());
  const derivation = parseDerivation(STORE_DIR, readFileSync(join(FIXTURES, "derivations", drvPath)));
  const inputs = new Map<StorePath, ReadonlyMap<string, StorePath>>();
  for (const path of derivation.inputDrvs.keys()) inputs.set(path, outputsOf(path));
  const build = join(FIXTURES, name, "build");
  const files = new Map<string, string>();
  if (existsSync(build)) for (const file of readdirSync(build)) files.set(file, read(name, "build", file));
  const has = (file: string): boolean => existsSync(join(FIXTURES, name, file));
  return {
    ready: { drvPath, derivation, inputs },
    variables: (has("cmdline") ? splitNul(read(name, "environ")) : []).map((line) => {
      const at = line.indexOf("=");
      return [line.slice(0, at), line.slice(at + 1)] as const;
    }),
    args: has("cmdline") ? splitNul(read(name, "cmdline")) : [],
    files,
  };
}

function outputsOf(drvPath: StorePath): ReadonlyMap<string, StorePath> {
  const derivation = parseDerivation(STORE_DIR, readFileSync(join(FIXTURES, "derivations", drvPath)));
  const outputs = new Map<string, StorePath>();
  for (const [name, output] of derivation.outputs)
    outputs.set(name, "path" in output ? output.path : parseStorePathIn(STORE_DIR, read("floating-output").trim()));
  return outputs;
}

/** Text of a recorded file. */
export function recordedText(...path: string[]): string {
  return read(...path);
}

interface PathInfoJson {
  readonly path: string;
  readonly narHash: string;
  readonly narSize: number;
  readonly references: readonly string[];
  readonly ca?: string;
}

/** Makes valid what was valid in Nix's store. Contents are not needed, but for derivations. */
export async function registerRecorded(store: Store): Promise<void> {
  const infos: PathInfo[] = [];
  for (const info of JSON.parse(read("path-infos.json")) as readonly PathInfoJson[]) {
    const path = parseStorePathIn(STORE_DIR, info.path);
    infos.push({
      path,
      node: await nodeOf(store, path),
      narHash: parseNixHash(info.narHash).hex,
      narSizeBytes: info.narSize,
      references: info.references.map((reference) => parseStorePathIn(STORE_DIR, reference)).sort(),
      ...(info.ca !== undefined && { ca: parseContentAddress(info.ca) }),
      signatures: [],
      registrationTime: 1,
      ultimate: false,
    });
  }
  await store.pathInfos.putMany(referencesFirst(infos));
}

function referencesFirst(infos: readonly PathInfo[]): readonly PathInfo[] {
  const byPath = new Map(infos.map((info) => [info.path, info]));
  const sorted = new Set<PathInfo>();
  const add = (info: PathInfo): void => {
    for (const reference of info.references) if (reference !== info.path) add(byPath.get(reference)!);
    sorted.add(info);
  };
  infos.forEach(add);
  return [...sorted];
}

async function nodeOf(store: Store, path: StorePath): Promise<CastoreNode> {
  if (!isDerivationPath(path)) return { type: "symlink", target: `contents of ${path}` as ByteString };
  const bytes = readFileSync(join(FIXTURES, "derivations", path));
  const [info] = await store.blobs.writeMany([{ bytes }]);
  return { type: "file", digest: info!.blake3, size: info!.sizeBytes, executable: false };
}
