import { lstatSync } from "node:fs";
import { join } from "node:path";
import { parseDerivation, parseStorePath, type StorePath } from "../../formats/index.js";

/** A text with more distinct references than this was not made by an evaluator. */
const REFERENCES_MAX = 100_000;

/**
 * The references that a text file made by an evaluator (`builtins.toFile`, a `.drv`) can have: store paths in its contents that lie in the
 * store it comes from. They are candidates: only a text path computed with them proves them.
 *
 * @returns sorted, without duplicates.
 */
export function textReferences(
  storeDir: string,
  storeDirectory: string,
  name: string,
  contents: Uint8Array,
): StorePath[] {
  if (name.endsWith(".drv")) {
    const derivation = parseDerivation(storeDir, contents);
    return [...new Set([...derivation.inputSrcs, ...derivation.inputDrvs.keys()])].sort();
  }
  const found = new Set<StorePath>();
  const text = Buffer.from(contents.buffer, contents.byteOffset, contents.byteLength).toString("latin1");
  for (const [, match] of text.matchAll(storePathPattern(storeDir))) {
    const path = existingPrefix(storeDirectory, match!);
    if (path !== undefined) found.add(path);
    if (found.size > REFERENCES_MAX) break;
  }
  return [...found].sort();
}

function storePathPattern(storeDir: string): RegExp {
  const escaped = storeDir.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`${escaped}/([0-9a-df-np-sv-z]{32}-[A-Za-z0-9+\\-._?=]{1,211})`, "g");
}

/** In running text a path may be followed by characters that could belong to it (`foo.txt.`): the longest that exists is meant. */
function existingPrefix(storeDirectory: string, name: string): StorePath | undefined {
  for (let length = name.length; length > 33; length--) {
    const candidate = name.slice(0, length);
    if (lstatSync(join(storeDirectory, candidate), { throwIfNoEntry: false }) !== undefined)
      return parseStorePath(candidate);
    if (!/[.?=+\-_]/.test(name[length - 1]!)) return undefined;
  }
  return undefined;
}
