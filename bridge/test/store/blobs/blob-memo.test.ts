import { describe, expect, it } from "vitest";
import { HASH_WORDS, blobInfoOf, digestFunctions, hashToWords } from "#src/digest/index.js";
import { createBlobMemo } from "#src/store/blobs/blob-memo.js";
import type { BlobRecord, Place } from "#src/store/blobs/blob-record.js";

function record(text: string, place: Place = { kind: "pack", pack: 3, offset: 2 ** 40 + 5 }): BlobRecord {
  const info = { ...blobInfoOf(Buffer.from(text)), sizeBytes: 2 ** 41 + 7 };
  return { info, place, lastUse: 4_000_000_000 };
}

describe("the memo of blobs", () => {
  it.each([undefined, { kind: "file" }, { kind: "pack", pack: 0, offset: 0 }] as const)(
    "gives back what it was told, place %j",
    (place) => {
      const memo = createBlobMemo();
      const blob = record("a blob", place);
      memo.set(blob);
      for (const fn of digestFunctions) expect(memo.get(fn, blob.info[fn])).toEqual(blob);
      expect(memo.get("blake3", blob.info.sha256)).toBeUndefined();
      expect(memo.get("sha256", record("another").info.sha256)).toBeUndefined();
    },
  );

  it("knows no hash of zeros", () => {
    const memo = createBlobMemo();
    for (const fn of digestFunctions) expect(memo.get(fn, "0".repeat(64))).toBeUndefined();
  });

  it("tells the parts of a blob by the words of its hash", () => {
    const memo = createBlobMemo();
    const blob = record("a blob");
    memo.set(blob);
    const words = new Uint32Array(HASH_WORDS);
    hashToWords(blob.info.sha256, words, 0);
    const slot = memo.slotOf("sha256", words, 0);
    expect([memo.sizeBytesAt(slot), memo.placeAt(slot), memo.lastUseAt(slot)]).toEqual([
      blob.info.sizeBytes,
      blob.place,
      blob.lastUse,
    ]);
    expect(memo.slotOf("blake3", words, 0)).toBe(-1);
  });

  it("forgets by hash, and knows of later uses", () => {
    const memo = createBlobMemo();
    const blob = record("a blob");
    memo.set(blob);
    memo.noteUse({ ...blob, lastUse: 9 });
    expect(memo.get("sha256", blob.info.sha256)?.lastUse).toBe(9);
    memo.delete(record("another").info);
    expect(memo.get("sha256", blob.info.sha256)).toBeDefined();
    memo.delete(blob.info);
    for (const fn of digestFunctions) expect(memo.get(fn, blob.info[fn])).toBeUndefined();
    memo.noteUse(blob);
    expect(memo.get("blake3", blob.info.blake3)).toBeUndefined();
  });
});
