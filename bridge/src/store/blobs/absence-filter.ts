import type { BlobInfo, DigestFunction } from "../../digest/index.js";
import { hashPrefix } from "./hash-prefix.js";

/** A bit for each beginning of six digits: 2 MiB for each function, in which a million blobs set 6 % of the bits. */
const DIGITS = 6;
const BITS = 16 ** DIGITS;

/** Knows of most absent blobs that they are absent, without asking the index. What was added is never called absent, also after it was removed. */
export interface AbsenceFilter {
  add(info: Pick<BlobInfo, DigestFunction>): void;
  isAbsent(fn: DigestFunction, hash: string): boolean;
  /** The same by the first 32 bits of a hash. */
  isPrefixAbsent(fn: DigestFunction, firstWord: number): boolean;
}

export function createAbsenceFilter(): AbsenceFilter {
  const bits: Record<DigestFunction, Uint8Array> = {
    blake3: new Uint8Array(BITS / 8),
    sha256: new Uint8Array(BITS / 8),
  };
  const set = (table: Uint8Array, bit: number): void => {
    table[bit >>> 3]! |= 1 << (bit & 7);
  };
  const isUnset = (fn: DigestFunction, bit: number): boolean => (bits[fn][bit >>> 3]! & (1 << (bit & 7))) === 0;
  return {
    add(info) {
      set(bits.blake3, hashPrefix(info.blake3, DIGITS));
      set(bits.sha256, hashPrefix(info.sha256, DIGITS));
    },
    isAbsent: (fn, hash) => isUnset(fn, hashPrefix(hash, DIGITS)),
    isPrefixAbsent: (fn, firstWord) => isUnset(fn, firstWord >>> (32 - 4 * DIGITS)),
  };
}
