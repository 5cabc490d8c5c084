import { describe, expect, it } from "vitest";
import { createBlobWriter } from "#src/coordinator/translate/blob-writer.js";
import { digestBytes } from "#src/digest/index.js";
import { createMemoryStore, type BlobStore } from "#src/store/index.js";

describe("a blob writer", () => {
  it("stores what is new, all of an Action that comes again, and all of it after a while", async () => {
    await using store = createMemoryStore();
    const stored: number[] = [];
    const blobs: BlobStore = {
      ...store.blobs,
      writeMany: (batch) => {
        stored.push(batch.length);
        return store.blobs.writeMany(batch);
      },
    };
    let nowMs = 0;
    const writer = createBlobWriter(blobs, { nowMs: () => nowMs });
    const action = (...texts: string[]): Parameters<typeof writer.write>[0] =>
      texts.map((text) => ({ bytes: Buffer.from(text), expected: digestBytes("blake3", Buffer.from(text)) }));
    await writer.write(action("etc", "root", "one"));
    await writer.write(action("etc", "root", "two"));
    await writer.write(action("etc", "root", "two"));
    nowMs = 6 * 60_000;
    await writer.write(action("etc", "root", "three"));
    expect(stored).toEqual([3, 1, 3, 3]);
    expect(
      await store.blobs.findMissing(action("etc", "root", "one", "two", "three").map((blob) => blob.expected)),
    ).toEqual([]);
  });

  it("remembers nothing that could not be stored", async () => {
    await using store = createMemoryStore();
    const writer = createBlobWriter(store.blobs, { nowMs: () => 0 });
    const wrong = { bytes: Buffer.from("a"), expected: digestBytes("blake3", Buffer.from("b")) };
    await expect(writer.write([wrong])).rejects.toMatchObject({ name: "StatusError", code: 3 });
    await expect(writer.write([wrong])).rejects.toMatchObject({ name: "StatusError", code: 3 });
  });
});
