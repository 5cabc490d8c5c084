import { describe, expect, it } from "vitest";
import { HASH_WORDS, digestBytes, hashToWords, hexToWords, unpackDigests, wordsToHash } from "#src/digest/index.js";

const hash = digestBytes("sha256", Buffer.from("words")).hash;

describe("a hash as words", () => {
  it("comes from text and from bytes, and becomes text again", () => {
    const words = new Uint32Array(2 * HASH_WORDS);
    hashToWords(hash, words, HASH_WORDS);
    expect(words[HASH_WORDS]).toBe(Number.parseInt(hash.slice(0, 8), 16));
    expect(wordsToHash(words, HASH_WORDS)).toBe(hash);
    expect(hexToWords(Buffer.from(`xx${hash}`), 2, words, 0)).toBe(true);
    expect(wordsToHash(words, 0)).toBe(hash);
  });

  it.each(["A", "g", "/", ":", "`", "\u0000"])("has no digit %j, wherever it stands", (wrong) => {
    const words = new Uint32Array(HASH_WORDS);
    for (let at = 0; at < hash.length; at++)
      expect(hexToWords(Buffer.from(hash.slice(0, at) + wrong + hash.slice(at + 1)), 0, words, 0)).toBe(false);
  });
});

describe("packed digests", () => {
  it("are digests again", () => {
    const words = new Uint32Array(2 * HASH_WORDS);
    hashToWords(hash, words, HASH_WORDS);
    const digests = unpackDigests({ fn: "blake3", count: 2, words, sizes: Float64Array.of(1, 2 ** 40) });
    expect(digests).toEqual([
      { fn: "blake3", hash: "0".repeat(64), sizeBytes: 1 },
      { fn: "blake3", hash, sizeBytes: 2 ** 40 },
    ]);
  });
});
