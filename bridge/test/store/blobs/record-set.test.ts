import { describe, expect, it } from "vitest";
import { blobInfoOf } from "#src/digest/index.js";
import type { BlobRecord } from "#src/store/blobs/blob-record.js";
import { createRecordSet } from "#src/store/blobs/record-set.js";

function record(n: number, offset = n): BlobRecord {
  return { info: blobInfoOf(Buffer.from(`blob ${n}`)), place: { kind: "pack", pack: 1, offset }, lastUse: 0 };
}

const firstWord = (hash: string): number => Number.parseInt(hash.slice(0, 8), 16);

describe("a set of records", () => {
  it("finds what was added by both hashes, however many there are, in their order", () => {
    const set = createRecordSet();
    const records = Array.from({ length: 5_000 }, (_, n) => record(n));
    for (const each of records) set.add(each);
    expect(set.size).toBe(5_000);
    expect(set.list()).toEqual(records);
    for (const each of records) {
      expect(set.find("blake3", each.info.blake3)).toBe(each);
      expect(set.find("sha256", each.info.sha256)).toBe(each);
      expect(set.mayHave("sha256", firstWord(each.info.sha256))).toBe(true);
    }
    for (let n = 5_000; n < 6_000; n++) expect(set.find("sha256", record(n).info.sha256)).toBeUndefined();
  });

  it("has nothing at first", () => {
    const set = createRecordSet();
    expect(set.find("blake3", record(1).info.blake3)).toBeUndefined();
    expect(set.mayHave("blake3", firstWord(record(1).info.blake3))).toBe(false);
    expect(set.list()).toEqual([]);
  });

  it("puts a record in the place of one with the same hash", () => {
    const set = createRecordSet();
    set.add(record(1));
    set.add(record(2));
    set.add(record(1, 77));
    expect(set.list()).toEqual([record(1, 77), record(2)]);
    expect(set.size).toBe(2);
  });

  it("forgets what is removed, finds what lies behind it, and takes it again", () => {
    const set = createRecordSet();
    const records = Array.from({ length: 500 }, (_, n) => record(n));
    for (const each of records) set.add(each);
    for (const each of records.slice(0, 250)) set.remove(each.info.blake3);
    set.remove(record(9_999).info.blake3);
    expect(set.size).toBe(250);
    for (const each of records.slice(0, 250)) expect(set.find("sha256", each.info.sha256)).toBeUndefined();
    for (const each of records.slice(250)) expect(set.find("sha256", each.info.sha256)).toBe(each);
    set.add(record(3));
    expect(set.find("blake3", record(3).info.blake3)).toEqual(record(3));
  });
});
