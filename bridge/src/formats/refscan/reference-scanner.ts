import { HASH_PART_BYTES, HashPartFinder, partAt } from "./hash-part-finder.js";

/** Looks for references in bytes that come in pieces. */
export interface ReferenceScanner {
  push(bytes: Uint8Array): void;
  /** Those of the hash parts that have been seen so far. */
  found(): Set<string>;
}

/**
 * A scanner for references, as Nix scans the archive of an output: every place where 32 characters are the hash part of a candidate counts,
 * whatever is around it, overlapping others, and across the borders of pieces.
 *
 * Source: Nix, src/libstore/references.cc and src/libutil/references.cc
 *
 * @throws RangeError unless every hash part has 32 characters of nixbase32.
 */
export function createReferenceScanner(hashParts: Iterable<string>): ReferenceScanner {
  const parts = new Set(hashParts);
  const finder = new HashPartFinder(parts);
  const found = new Set<string>();
  /** The last bytes so far, too few for a window. */
  let tail: Uint8Array = new Uint8Array(0);

  function scan(bytes: Uint8Array): void {
    for (let at = finder.next(bytes, 0); at >= 0 && found.size < parts.size; at = finder.next(bytes, at + 1))
      found.add(partAt(bytes, at));
  }

  return {
    push(bytes) {
      if (found.size === parts.size) return;
      const overlap = HASH_PART_BYTES - 1;
      const border = Buffer.concat([tail, bytes.subarray(0, overlap)]);
      scan(border);
      if (bytes.byteLength >= overlap) {
        scan(bytes);
        tail = Uint8Array.prototype.slice.call(bytes, -overlap);
      } else tail = border.subarray(-overlap);
    },
    found: () => new Set(found),
  };
}
