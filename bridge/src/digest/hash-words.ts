import type { Digest, DigestFunction } from "./digest.js";

/** 32-bit words of a hash of either function. */
export const HASH_WORDS = 8;

/** The value of the character codes of lower-case hex digits; of all others something that is no digit. */
const NO_DIGIT = 0x80;
const DIGIT = new Uint8Array(256).fill(NO_DIGIT);
for (let value = 0; value < 16; value++) DIGIT[value.toString(16).charCodeAt(0)] = value;

/** Many digests of one function as numbers: to look them up costs less than to make strings of them. */
export interface PackedDigests {
  readonly fn: DigestFunction;
  readonly count: number;
  /** {@link HASH_WORDS} for each, most significant first. */
  readonly words: Uint32Array;
  readonly sizes: Float64Array;
}

/** Writes the words of a hash to `words` from `at` on. The caller has checked that it is one. */
export function hashToWords(hash: string, words: Uint32Array, at: number): void {
  for (let word = 0, i = 0; word < HASH_WORDS; word++) {
    let value = 0;
    for (const end = i + 8; i < end; i++) value = (value << 4) | DIGIT[hash.charCodeAt(i)]!;
    words[at + word] = value;
  }
}

/** The same from 64 characters of a message. @returns whether all of them were lower-case hex digits. */
export function hexToWords(bytes: Uint8Array, from: number, words: Uint32Array, at: number): boolean {
  let seen = 0;
  for (let word = 0, i = from; word < HASH_WORDS; word++) {
    let value = 0;
    for (const end = i + 8; i < end; i++) {
      const digit = DIGIT[bytes[i]!]!;
      seen |= digit;
      value = (value << 4) | digit;
    }
    words[at + word] = value;
  }
  return seen < NO_DIGIT;
}

const scratch = Buffer.alloc(4 * HASH_WORDS);

/** 64 lower-case hex digits. */
export function wordsToHash(words: Uint32Array, at: number): string {
  for (let word = 0; word < HASH_WORDS; word++) scratch.writeUInt32BE(words[at + word]!, 4 * word);
  return scratch.toString("hex");
}

/** Whether two hashes are the same. */
export function equalWords(a: Uint32Array, aAt: number, b: Uint32Array, bAt: number): boolean {
  for (let word = 0; word < HASH_WORDS; word++) if (a[aAt + word] !== b[bAt + word]) return false;
  return true;
}

/** The digests one by one. */
export function unpackDigests({ fn, count, words, sizes }: PackedDigests): Digest[] {
  return Array.from({ length: count }, (_, i) => ({
    fn,
    hash: wordsToHash(words, i * HASH_WORDS),
    sizeBytes: sizes[i]!,
  }));
}
