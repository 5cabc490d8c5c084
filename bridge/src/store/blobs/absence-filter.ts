import type { BlobInfo, DigestFunction } from "../../digest/index.js";

/** A bit for each beginning of six digits: 2 MiB for each function, in which a million blobs set 6 % of the bits. */
const DIGITS = 6;
const BITS = 16 ** DIGITS;

/** Knows of most absent blobs that they are absent, without asking the index. What was added is never called absent, also after it was removed. */
export interface AbsenceFilter {
  add(info: Pick<BlobInfo, DigestFunction>): void;
  isAbsent(fn: DigestFunction, hash: string): boolean;
}

export function createAbsenceFilter(): AbsenceFilter {
  const bits: Record<DigestFunction, Uint8Array> = {
    blake3: new Uint8Array(BITS / 8),
    sha256: new Uint8Array(BITS / 8),
  };
  const set = (table: Uint8Array, bit: number): void => {
    table[bit >>> 3]! |= 1 << (bit & 7);
  };
  return {
    add(info) {
      set(bits.blake3, bitOf(info.blake3));
      set(bits.sha256, bitOf(info.sha256));
    },
    isAbsent(fn, hash) {
      const bit = bitOf(hash);
      return (bits[fn][bit >>> 3]! & (1 << (bit & 7))) === 0;
    },
  };
}

/** The first digits as a number. */
function bitOf(hash: string): number {
  let bit = 0;
  for (let i = 0; i < DIGITS; i++) {
    const code = hash.charCodeAt(i);
    bit = (bit << 4) | (code < 0x3a ? code - 0x30 : code - 0x57);
  }
  return bit & (BITS - 1);
}
