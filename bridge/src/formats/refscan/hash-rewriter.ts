import { HASH_PART_BYTES, HashPartFinder, partAt } from "./hash-part-finder.js";

/** Replaces hash parts in bytes that come in pieces. */
export interface HashRewriter {
  /** Takes a piece, and returns what is certain by now, rewritten: a memory of its own, perhaps empty. */
  push(bytes: Uint8Array): Uint8Array;
  /** The rest. */
  end(): Uint8Array;
  /** Where a hash part stood, in bytes from the beginning, ascending. */
  offsetsOf(hashPart: string): readonly number[];
}

/** The stand-in for the own hash part, when contents are hashed that hold it. Source: Nix, src/libutil/references.cc, `HashModuloSink`. */
export const ZEROED_HASH_PART = "\0".repeat(HASH_PART_BYTES);

/**
 * A rewriter of hash parts: the scratch one to the final one when an output of a floating derivation is given its path, or the own one to
 * {@link ZEROED_HASH_PART} to hash contents that refer to themselves. From left to right; where two overlap, the first is replaced.
 *
 * Source: Nix, src/libutil/references.cc, `RewritingSink`
 *
 * @param rewrites What replaces what; the replacement is 32 bytes (one UTF-16 unit each).
 * @throws RangeError for other lengths, or characters in a hash part that are not of nixbase32.
 */
export function createHashRewriter(rewrites: ReadonlyMap<string, string>): HashRewriter {
  const finder = new HashPartFinder(rewrites.keys());
  const offsets = new Map<string, number[]>();
  for (const [from, to] of rewrites) {
    if (Buffer.byteLength(to, "latin1") !== HASH_PART_BYTES)
      throw new RangeError(`${JSON.stringify(to)} does not have ${String(HASH_PART_BYTES)} bytes`);
    offsets.set(from, []);
  }
  let tail: Buffer = Buffer.alloc(0);
  let tailOffset = 0;

  return {
    push(bytes) {
      const joined = Buffer.concat([tail, bytes]);
      let rewrittenTo = 0;
      for (let at = finder.next(joined, 0); at >= 0; at = finder.next(joined, rewrittenTo)) {
        const part = partAt(joined, at);
        offsets.get(part)?.push(tailOffset + at);
        rewrittenTo = at + HASH_PART_BYTES;
        joined.write(rewrites.get(part) ?? part, at, "latin1");
      }
      // A hash part may begin in the last 31 bytes, but not in what was just written.
      const certain = Math.max(rewrittenTo, joined.byteLength - HASH_PART_BYTES + 1, 0);
      tail = joined.subarray(certain);
      tailOffset += certain;
      return joined.subarray(0, certain);
    },
    end() {
      const rest = tail;
      tail = Buffer.alloc(0);
      tailOffset += rest.byteLength;
      return rest;
    },
    offsetsOf: (hashPart) => offsets.get(hashPart) ?? [],
  };
}

/**
 * What is hashed after contents whose own hash part was zeroed: where it stood, as `|246|1024`. So contents that differ only in where they
 * refer to themselves have different hashes.
 *
 * Source: Nix, src/libutil/references.cc, `HashModuloSink::finish`
 */
export function selfReferenceSuffix(offsets: readonly number[]): string {
  return offsets.map((offset) => `|${String(offset)}`).join("");
}
