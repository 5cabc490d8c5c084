import {
  createHashRewriter,
  selfReferenceSuffix,
  ZEROED_HASH_PART,
  type HashAlgorithm,
  type HashRewriter,
} from "../../formats/index.js";
import { createContentHasher } from "./content-hasher.js";

/** Hash parts of store paths to be replaced. */
export type HashRewrites = ReadonlyMap<string, string>;

/** A stream with hash parts replaced. */
export async function* rewriteHashes(
  source: AsyncIterable<Uint8Array>,
  rewriter: HashRewriter,
): AsyncGenerator<Uint8Array> {
  for await (const piece of source) {
    const ready = rewriter.push(piece);
    if (ready.byteLength > 0) yield ready;
  }
  const rest = rewriter.end();
  if (rest.byteLength > 0) yield rest;
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
 * @returns lower-case hex.
 */
export async function hashModuloSelf(
  source: AsyncIterable<Uint8Array>,
  algorithm: HashAlgorithm,
  selfHashPart: string,
): Promise<string> {
  const hasher = createContentHasher(algorithm);
  const rewriter = createHashRewriter(new Map([[selfHashPart, ZEROED_HASH_PART]]));
  for await (const bytes of rewriteHashes(source, rewriter)) hasher.update(bytes);
  hasher.update(Buffer.from(selfReferenceSuffix(rewriter.offsetsOf(selfHashPart))));
  return hasher.digest();
}
