/** Length of the hash part of a store path. */
export const HASH_PART_BYTES = 32;

const ALPHABET = "0123456789abcdfghijklmnpqrsvwxyz";
const IS_BASE32 = new Uint8Array(256);
for (const character of ALPHABET) IS_BASE32[character.charCodeAt(0)] = 1;

const HASH_PART = /^[0-9a-df-np-sv-z]{32}$/;
/** The filter has 2^16 bits: with a thousand candidates, one window in 64 that is all of the alphabet is looked up in vain. */
const FILTER_BITS = 16;

/**
 * Finds the places in bytes where one of some hash parts stands.
 *
 * A window of 32 bytes is looked at from its end: a byte that is not of the alphabet of nixbase32 rules out every window that it is in, so
 * that in most data one byte in some twenty is touched. Bytes that are known to be of the alphabet are not looked at twice.
 */
export class HashPartFinder {
  readonly #parts: ReadonlySet<string>;
  /** By a hash of the last four bytes of a window. */
  readonly #filter = new Uint8Array(2 ** FILTER_BITS / 8);

  /** @throws RangeError unless every part has 32 characters of nixbase32. */
  constructor(parts: Iterable<string>) {
    this.#parts = new Set(parts);
    for (const part of this.#parts) {
      if (!HASH_PART.test(part)) throw new RangeError(`${JSON.stringify(part)} is no hash part of a store path`);
      const slot = slotOf(Buffer.from(part, "latin1"), 0);
      this.#filter[slot >>> 3]! |= 1 << (slot & 7);
    }
  }

  /** Where the first hash part at or after `from` begins; -1 if there is none that is whole. */
  next(bytes: Uint8Array, from: number): number {
    if (this.#parts.size === 0) return -1;
    const last = bytes.byteLength - HASH_PART_BYTES;
    let known = from; // Bytes from the window's beginning up to here are of the alphabet.
    for (let at = from; at <= last;) {
      let i = at + HASH_PART_BYTES - 1;
      while (i >= known && IS_BASE32[bytes[i]!] === 1) i--;
      if (i >= known) {
        at = known = i + 1;
        continue;
      }
      known = at + HASH_PART_BYTES;
      const slot = slotOf(bytes, at);
      if ((this.#filter[slot >>> 3]! & (1 << (slot & 7))) !== 0 && this.#parts.has(partAt(bytes, at))) return at;
      at++;
    }
    return -1;
  }
}

/** The hash part that stands there. */
export function partAt(bytes: Uint8Array, at: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, HASH_PART_BYTES).toString("latin1");
}

function slotOf(bytes: Uint8Array, at: number): number {
  const end = at + HASH_PART_BYTES;
  const word = (bytes[end - 4]! << 24) | (bytes[end - 3]! << 16) | (bytes[end - 2]! << 8) | bytes[end - 1]!;
  return Math.imul(word, 0x9e37_79b1) >>> (32 - FILTER_BITS); // Fibonacci hashing: the upper bits depend on all of the lower.
}
