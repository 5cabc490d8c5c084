import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ReadyDerivation } from "#src/coordinator/build.js";
import {
  parseContentAddress,
  parseDerivation,
  parseNixHash,
  parseStorePath,
  parseStorePathIn,
  type StorePath,
} from "#src/formats/index.js";
import type { PathInfo, Store } from "#src/store/index.js";

export const STORE_DIR = "/nix/store";
const FIXTURES = join(import.meta.dirname, "fixtures");

function lines(...path: string[]): string[] {
  return readFileSync(join(FIXTURES, ...path), "utf8")
    .trimEnd()
    .split("\n");
}

/** A path as Nix registered it; `node` is not known. */
export type RecordedInfo = Omit<PathInfo, "node" | "registrationTime" | "signatures">;

interface PathInfoJson {
  readonly path: string;
  readonly narHash: string;
  readonly narSize: number;
  readonly references: readonly string[];
  readonly deriver?: string;
  readonly ca?: string;
  readonly ultimate?: boolean;
}

function readInfos(): ReadonlyMap<StorePath, RecordedInfo> {
  const infos = new Map<StorePath, RecordedInfo>();
  const json = JSON.parse(readFileSync(join(FIXTURES, "path-infos.json"), "utf8")) as readonly PathInfoJson[];
  for (const info of json) {
    const path = parseStorePathIn(STORE_DIR, info.path);
    infos.set(path, {
      path,
      narHash: parseNixHash(info.narHash).hex,
      narSizeBytes: info.narSize,
      references: info.references.map((reference) => parseStorePathIn(STORE_DIR, reference)).sort(),
      ...(info.deriver !== undefined && { deriver: parseStorePathIn(STORE_DIR, info.deriver) }),
      ...(info.ca !== undefined && { ca: parseContentAddress(info.ca) }),
      ultimate: info.ultimate ?? false,
    });
  }
  return infos;
}

/** All paths that Nix registered. */
export const recordedInfos = readInfos();

/** The path with that name. */
export function pathNamed(name: string): StorePath {
  const found = [...recordedInfos.keys()].filter((path) => path.slice(33) === name);
  if (found.length !== 1) throw new Error(`${found.length} recorded paths are named ${name}`);
  return found[0]!;
}

/** What Nix said of a derivation that it refused, without the indentation that it gives to messages of many lines. */
export interface RecordedError {
  readonly ready: ReadyDerivation;
  readonly exitCode: number;
  readonly message: string;
}

export function recordedError(name: string): RecordedError {
  const [drvPath, exitCode, ...text] = lines("errors", name);
  const [first, ...rest] = text;
  const message = [first!.replace(/^error: /, ""), ...rest.map((line) => line.replace(/^ {7}/, ""))].join("\n");
  // Nix shows where the output is outside of its sandbox.
  const inSandbox = message.replaceAll(/'[^']*\.drv\.chroot(\/[^']*)'/g, "'$1'");
  return { ready: readyOf(parseStorePath(drvPath!)), exitCode: Number(exitCode), message: inSandbox };
}

export function recordedOutput(name: string): ReadyDerivation {
  return readyOf(parseStorePath(lines("outputs", name)[0]!));
}

export const recordedErrorNames = readdirSync(join(FIXTURES, "errors"));

/** A recorded `.drv`. */
export function derivationAt(drvPath: StorePath): ReadyDerivation["derivation"] {
  return parseDerivation(STORE_DIR, readFileSync(join(FIXTURES, "derivations", drvPath)));
}

function readyOf(drvPath: StorePath): ReadyDerivation {
  const derivation = derivationAt(drvPath);
  const inputs = new Map<StorePath, ReadonlyMap<string, StorePath>>();
  for (const input of derivation.inputDrvs.keys()) {
    const outputs = [...derivationAt(input).outputs].map(([name, output]) => {
      if (!("path" in output)) throw new Error(`path of '${input}' is not known`);
      return [name, output.path] as const;
    });
    inputs.set(input, new Map(outputs));
  }
  return { drvPath, derivation, inputs };
}

/** Stored contents under a recorded path. */
export async function registerPath(store: Store, path: StorePath, node: PathInfo["node"]): Promise<void> {
  await store.pathInfos.putMany([{ ...recordedInfos.get(path)!, node, registrationTime: 1, signatures: [] }]);
}
