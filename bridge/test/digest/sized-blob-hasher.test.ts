import { describe, expect, it } from "vitest";
import { createBlobHasher, createSizedBlobHasher, type SizedBlobHasher } from "#src/digest/index.js";

const LARGE = 40 * 1024 * 1024;

/** Feeds pieces of changing sizes, and hashes the same ones in the plain way. */
async function feed(
  hasher: SizedBlobHasher,
  sizeBytes: number,
  step: number,
): Promise<ReturnType<SizedBlobHasher["finish"]>> {
  const plain = createBlobHasher();
  const piece = Buffer.alloc(step);
  for (let at = 0, n = 0; at < sizeBytes; n++) {
    const part = piece.subarray(0, Math.min(1 + ((n * 7919) % step), sizeBytes - at)).fill(n);
    plain.update(part);
    await hasher.update(part);
    // It took a copy, or the next piece would spoil it.
    at += part.byteLength;
  }
  const info = await hasher.finish();
  expect(info).toEqual(plain.finish());
  return info;
}

describe("a hasher of a blob whose size is known", () => {
  it.each([
    ["small, here", 1000, 100],
    ["large, in pieces", LARGE, 3_000_000],
    ["large, in small pieces", LARGE, 100_000],
  ])("gives what the plain hasher gives: %s", async (_, sizeBytes, step) => {
    using hasher = createSizedBlobHasher(sizeBytes);
    expect((await feed(hasher, sizeBytes, step)).sizeBytes).toBe(sizeBytes);
  });

  it("may be told too much or too little", async () => {
    using early = createSizedBlobHasher(LARGE);
    await feed(early, 10, 4);
    using late = createSizedBlobHasher(10);
    await feed(late, 100_000, 40_000);
  });

  it("serves many at once", async () => {
    const hashers = Array.from({ length: 12 }, () => createSizedBlobHasher(LARGE));
    await Promise.all(hashers.map((hasher, n) => feed(hasher, 3_000_000 + n, 500_000)));
    for (const hasher of hashers) hasher[Symbol.dispose]();
  });

  it("can be given up, and the next one works", async () => {
    const given = createSizedBlobHasher(LARGE);
    await given.update(Buffer.alloc(5_000_000));
    given[Symbol.dispose]();
    using next = createSizedBlobHasher(LARGE);
    await feed(next, 2_000_000, 300_000);
  });
});
