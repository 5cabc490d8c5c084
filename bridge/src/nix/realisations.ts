import { isStorePath, parseStorePath, type StorePath } from "../formats/index.js";
import { Code, StatusError } from "../status/index.js";
import type { NoteStore } from "../store/index.js";

/*
 * What outputs were built to, by the hash that clients before 2.35 know them by. The store itself keeps them by derivation and output.
 */

const keyOf = (hash: string, name: string): string => `realisation/${hash}!${name}`;

/** Notes what outputs were built to. */
export async function rememberRealisations(
  notes: NoteStore,
  outputs: readonly { readonly hash: string; readonly name: string; readonly path: StorePath }[],
): Promise<void> {
  for (const { hash, name, path } of outputs) await notes.put(keyOf(hash, name), Buffer.from(path));
}

/** What an output was built to, as far as anybody has told. */
export async function findRealisation(notes: NoteStore, hash: string, name: string): Promise<StorePath | undefined> {
  const note = await notes.get(keyOf(hash, name));
  return note === undefined ? undefined : parseStorePath(Buffer.from(note).toString("latin1"));
}

/** `sha256:<64 hex digits>!<output>`. */
export function parseRealisationId(text: string): { readonly hash: string; readonly name: string } | undefined {
  const [, hash, name] = /^sha256:([0-9a-f]{64})!([0-9A-Za-z+\-._?=]{1,211})$/.exec(text) ?? [];
  return hash === undefined || name === undefined ? undefined : { hash, name };
}

/** A realisation as clients before 2.35 read it. */
export function realisationJson(id: string, path: StorePath, signatures: readonly string[] = []): string {
  return JSON.stringify({ dependentRealisations: {}, id, outPath: path, signatures });
}

/** A realisation as clients before 2.35 write it. */
export interface Realisation {
  readonly id: string;
  readonly outPath: StorePath;
  /** `<key name>:<base64>`. */
  readonly signatures: readonly string[];
  /** What is signed. */
  readonly fingerprint: string;
}

/**
 * What such a text says.
 *
 * Source: Nix, `Realisation::fromJSON` and `Realisation::fingerprint` in src/libstore/realisation.cc.
 *
 * @throws StatusError InvalidArgument.
 */
export function parseRealisation(text: string): Realisation {
  const { id, outPath, signatures = [], dependentRealisations = {} } = objectOf(text);
  if (typeof id !== "string" || typeof outPath !== "string" || !isStorePath(outPath)) throw malformed();
  if (!Array.isArray(signatures) || !signatures.every((each) => typeof each === "string")) throw malformed();
  if (typeof dependentRealisations !== "object" || dependentRealisations === null) throw malformed();
  const dependencies = Object.entries(dependentRealisations).sort(([a], [b]) => (a < b ? -1 : 1));
  const fingerprint = JSON.stringify({ dependentRealisations: Object.fromEntries(dependencies), id, outPath });
  return { id, outPath, signatures, fingerprint };
}

/** The output path that a text of either age names. @throws StatusError InvalidArgument. */
export function parseBuildTrace(text: string): StorePath {
  const { outPath } = objectOf(text);
  if (typeof outPath === "string" && isStorePath(outPath)) return outPath;
  throw malformed();
}

function objectOf(
  text: string,
): Readonly<Partial<Record<"id" | "outPath" | "signatures" | "dependentRealisations", unknown>>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  throw malformed();
}

const malformed = (): StatusError => new StatusError(Code.InvalidArgument, "a realisation is malformed");
