/** Length of the hash part of a store path. */
export const HASH_PART_BYTES = 32;

const ALPHABET = "0123456789abcdfghijklmnpqrsvwxyz";
const IS_BASE32 = new Uint8Array(256);
for (const character of ALPHABET) IS_BASE32[character.charCodeAt(0)] = 1;

const HASH_PART = /^[0-9a-df-np-sv-z]{32}$/;
/** A filter has 2^16 bits (8 KiB, so that it stays in the fastest cache): of windows that match nothing, a thousand parts let 1 in 64 by. */
const FILTER_BITS = 16;

/** Which values of four bytes there are among some; may say yes to others. */
class WordFilter {
  readonly #bits = new Uint8Array(2 ** FILTER_BITS / 8);

  add(word: number): void {
    const slot = slotOf(word);
    this.#bits[slot >>> 3]! |= 1 << (slot & 7);
  }

  has(word: number): boolean {
    const slot = slotOf(word);
    return (this.#bits[slot >>> 3]! & (1 << (slot & 7))) !== 0;
  }
}

/**
 * Finds the places in bytes where one of some hash parts stands.
 *
 * A window of 32 bytes is looked at from its end: a byte that is not of the alphabet of nixbase32 rules out every window that it is in, so
 * that in most data one byte in some twenty is touched. In a run of the alphabet each further window costs one byte and a look at a filter.
 */
export class HashPartFinder {
  readonly #parts: ReadonlySet<string>;
  readonly #firstWords = new WordFilter();
  readonly #lastWords = new WordFilter();

  /** @throws RangeError unless every part has 32 characters of nixbase32. */
  constructor(parts: Iterable<string>) {
    this.#parts = new Set(parts);
    for (const part of this.#parts) {
      if (!HASH_PART.test(part)) throw new RangeError(`${JSON.stringify(part)} is no hash part of a store path`);
      const bytes = Buffer.from(part, "latin1");
      this.#firstWords.add(wordAt(bytes, 0));
      this.#lastWords.add(wordAt(bytes, HASH_PART_BYTES - 4));
    }
  }

  /** Where the first hash part at or after `from` begins; -1 if there is none that is whole. */
  next(bytes: Uint8Array, from: number): number {
    if (this.#parts.size === 0) return -1;
    const size = bytes.byteLength;
    for (let at = from; at + HASH_PART_BYTES <= size;) {
      let i = at + HASH_PART_BYTES - 1;
      while (i >= at && IS_BASE32[bytes[i]!] === 1) i--;
      if (i >= at) {
        at = i + 1;
        continue;
      }
      let end = at + HASH_PART_BYTES; // Of the window.
      let word = wordAt(bytes, end - 4);
      for (;;) {
        if (this.#lastWords.has(word) && this.#isPart(bytes, end - HASH_PART_BYTES)) return end - HASH_PART_BYTES;
        if (end >= size) return -1;
        const byte = bytes[end++]!;
        if (IS_BASE32[byte] === 0) break;
        word = (word << 8) | byte;
      }
      at = end; // Behind the byte that ended the run.
    }
    return -1;
  }

  #isPart(bytes: Uint8Array, at: number): boolean {
    return this.#firstWords.has(wordAt(bytes, at)) && this.#parts.has(partAt(bytes, at));
  }
}

/** The hash part that stands there. */
export function partAt(bytes: Uint8Array, at: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, HASH_PART_BYTES).toString("latin1");
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** Fibonacci hashing: the upper bits depend on all of the lower. */
function slotOf(word: number): number {
  return Math.imul(word, 0x9e37_79b1) >>> (32 - FILTER_BITS);
}
