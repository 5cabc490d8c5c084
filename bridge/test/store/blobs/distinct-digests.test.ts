import { describe, expect, it } from "vitest";
import { HASH_WORDS, digestBytes, hashToWords } from "#src/digest/index.js";
import { createDistinct } from "#src/store/blobs/distinct-digests.js";

describe("distinct digests", () => {
  it("are told from those that came before, by hash and size", () => {
    const count = 3_000;
    const words = new Uint32Array(count * HASH_WORDS);
    const sizes = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      hashToWords(digestBytes("sha256", Buffer.from(`blob ${i % 1_000}`)).hash, words, i * HASH_WORDS);
      sizes[i] = i < 2_000 ? 1 : 2;
    }
    const isNew = createDistinct({ fn: "sha256", count, words, sizes });
    const found = Array.from({ length: count }, (_, i) => isNew(i));
    expect(found.slice(0, 1_000).every(Boolean)).toBe(true);
    expect(found.slice(1_000, 2_000).some(Boolean)).toBe(false);
    expect(found.slice(2_000).every(Boolean)).toBe(true);
  });

  it("may be none", () => {
    expect(() =>
      createDistinct({ fn: "sha256", count: 0, words: new Uint32Array(), sizes: new Float64Array() }),
    ).not.toThrow();
  });
});
