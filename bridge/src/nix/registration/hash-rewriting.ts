import type { HashAlgorithm } from "../../formats/index.js";
import { createContentHasher } from "./content-hasher.js";

/** Hash parts of store paths to be replaced, all of one length. */
export type HashRewrites = ReadonlyMap<string, string>;

/** Of the hash part of a store path, in characters. */
const HASH_PART_LENGTH = 32;

/** One piece of a stream after replacement. */
export interface RewrittenPiece {
  readonly bytes: Uint8Array;
  /** Where in the whole stream something was replaced, ascending. */
  readonly positions: readonly number[];
}

/**
 * Replaces hash parts in a stream, also where pieces meet. Every replacement has the length of what it replaces, so nothing moves.
 *
 * Source: Nix, src/libstore/references.cc, `RewritingSink`.
 */
export async function* rewriteHashes(
  source: AsyncIterable<Uint8Array>,
  rewrites: HashRewrites,
): AsyncGenerator<RewrittenPiece> {
  let held: Buffer = Buffer.alloc(0);
  let offset = 0;
  for await (const piece of source) {
    const window = Buffer.concat([held, piece]);
    const positions = rewriteInPlace(window, rewrites, offset);
    // The end of the window may be the beginning of a hash part: it is kept back, and looked at again with what follows.
    const ready = Math.max(0, window.byteLength - (HASH_PART_LENGTH - 1));
    held = window.subarray(ready);
    if (ready > 0) yield { bytes: window.subarray(0, ready), positions };
    offset += ready;
  }
  if (held.byteLength > 0) yield { bytes: held, positions: [] };
}

/** Whatever is replaced begins before what is kept back, or it would not be whole yet. */
function rewriteInPlace(window: Buffer, rewrites: HashRewrites, offset: number): readonly number[] {
  const positions: number[] = [];
  for (const [from, to] of rewrites)
    for (let at = window.indexOf(from, 0, "latin1"); at >= 0; at = window.indexOf(from, at + from.length, "latin1")) {
      window.write(to, at, "latin1");
      positions.push(offset + at);
    }
  return positions.length > 1 ? positions.sort((a, b) => a - b) : positions;
}

/** Replaces hash parts in a name or a target. */
export function rewriteText<T extends string>(text: T, rewrites: HashRewrites): T {
  let rewritten: string = text;
  for (const [from, to] of rewrites) rewritten = rewritten.replaceAll(from, to);
  return rewritten as T;
}

/**
 * The hash of contents that hold their own store path's hash: with zeros in its place, and the positions of these after a bar each.
 *
 * Source: Nix, src/libstore/references.cc, `HashModuloSink`.
 *
 * @returns lower-case hex.
 */
export async function hashModuloSelf(
  source: AsyncIterable<Uint8Array>,
  algorithm: HashAlgorithm,
  selfHashPart: string,
): Promise<string> {
  const hasher = createContentHasher(algorithm);
  const all: number[] = [];
  const zeros = new Map([[selfHashPart, "\0".repeat(HASH_PART_LENGTH)]]);
  for await (const { bytes, positions } of rewriteHashes(source, zeros)) {
    hasher.update(bytes);
    all.push(...positions);
  }
  for (const position of all) hasher.update(Buffer.from(`|${position}`));
  return hasher.digest();
}
