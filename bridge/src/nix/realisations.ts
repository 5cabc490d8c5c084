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

/** What such a text says. @throws StatusError InvalidArgument. */
export function parseRealisation(text: string): { readonly id: string; readonly outPath: StorePath } {
  const { id, outPath } = objectOf(text);
  if (typeof id === "string" && typeof outPath === "string" && isStorePath(outPath)) return { id, outPath };
  throw malformed();
}

/** The output path that a text of either age names. @throws StatusError InvalidArgument. */
export function parseBuildTrace(text: string): StorePath {
  const { outPath } = objectOf(text);
  if (typeof outPath === "string" && isStorePath(outPath)) return outPath;
  throw malformed();
}

function objectOf(text: string): { readonly id?: unknown; readonly outPath?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  throw malformed();
}

const malformed = (): StatusError => new StatusError(Code.InvalidArgument, "a realisation is malformed");
