import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createBlobHasher, createPieceHasher, PIECE_BYTES } from "#src/digest/index.js";

const LARGE = 40 * PIECE_BYTES;

/** Fills the memory that the hasher lends with pieces of changing contents, and hashes the same ones in the plain way. */
async function feed(sizeBytes: number): Promise<void> {
  using hasher = createPieceHasher(sizeBytes);
  const plain = createBlobHasher();
  for (let at = 0, n = 0; at < sizeBytes; at += PIECE_BYTES, n++) {
    const piece = (await hasher.memory()).subarray(0, Math.min(PIECE_BYTES, sizeBytes - at)).fill(n % 251);
    plain.update(piece);
    hasher.update(piece);
  }
  expect(await hasher.finish()).toEqual(plain.finish());
}

describe("a hasher that lends its memory", () => {
  it.each([
    ["empty, here", 0],
    ["small, here", 1000],
    ["of several pieces, here", 20 * PIECE_BYTES + 1],
    ["large, there", LARGE],
    ["large, with a shorter end", LARGE + 12_345],
  ])("gives what the plain hasher gives: %s", (_, sizeBytes) => feed(sizeBytes));

  it("serves many at once", async () => {
    await Promise.all(Array.from({ length: 12 }, () => feed(LARGE)));
  });

  it.each([
    ["here", 1000],
    ["there", LARGE],
  ])("lends no memory that its user still needs: %s", async (_, sizeBytes) => {
    using hasher = createPieceHasher(sizeBytes);
    const first = await hasher.memory();
    let isUsed = false;
    // Long enough for a wrong hasher to have come round; a right one does not care.
    const used = setTimeout(100).then(() => (isUsed = true));
    hasher.update(first.subarray(0, 1), used);
    for (;;) {
      const memory = await hasher.memory();
      if (memory.buffer === first.buffer && memory.byteOffset === first.byteOffset) break;
      hasher.update(memory.subarray(0, 1));
    }
    expect(isUsed).toBe(true);
  });

  it.each([
    ["here", 1000],
    ["there", LARGE],
  ])("says what went wrong with a piece to whoever wants its memory: %s", async (_, sizeBytes) => {
    using hasher = createPieceHasher(sizeBytes);
    const failure = new Error("no space");
    const until = async (): Promise<never> => {
      for (let n = 0; n < 1000; n++)
        hasher.update((await hasher.memory()).subarray(0, 1), n === 0 ? Promise.reject(failure) : undefined);
      throw new Error("lent for ever");
    };
    await expect(until()).rejects.toBe(failure);
  });
});
