import { describe, expect, it } from "vitest";
import { blobInfoOf } from "#src/digest/index.js";
import type { BlobRecord } from "#src/store/blobs/blob-record.js";
import { noMemo } from "#src/store/blobs/blob-memo.js";
import { createBlobRecords, type BlobRecords } from "#src/store/blobs/blob-records.js";
import { Code } from "#src/status/index.js";
import { createTestIndex } from "../index-db/create-test-index.js";

function record(text: string, offset = 0): BlobRecord {
  return { info: blobInfoOf(Buffer.from(text)), place: { kind: "pack", pack: 1, offset }, lastUse: 7 };
}

const mark = (text: string) => ({ key: Buffer.from("pack-end/1"), value: Buffer.from(text) });

function finds(records: BlobRecords, { info }: BlobRecord): boolean[] {
  return [records.find("blake3", info.blake3), records.find("sha256", info.sha256)].map((found) => found !== undefined);
}

const BOTH = [true, true];
const NEITHER = [false, false];

describe("the records of blobs", () => {
  it("knows at once what was added, and tells the index with the watermark", async () => {
    const index = createTestIndex();
    const records = createBlobRecords(index);
    const blob = record("a blob", 40);
    records.add([blob], [mark("first"), mark("second")]);
    expect(finds(records, blob)).toEqual(BOTH);
    expect(index.tables.blobs.has(Buffer.from(blob.info.blake3, "hex"))).toBe(false);
    await records.flush();
    expect(Buffer.from(index.tables.meta.get(mark("").key)!).toString()).toBe("second");
    // A fresh look at the same index.
    expect(createBlobRecords(index).find("sha256", blob.info.sha256)).toEqual(blob);
    expect(finds(records, blob)).toEqual(BOTH);
  });

  it("tells the index of added blobs before anything that may name them", async () => {
    const index = createTestIndex();
    const records = createBlobRecords(index);
    const [early, late] = [record("early"), record("late")];
    records.add([early], []);
    const open = index.hold();
    const flush = records.flush(); // Under way, without the second blob.
    records.add([late], []);
    let seen: boolean[] = [];
    const write = records.index.write(() => {
      seen = [early, late].map(({ info }) => index.tables.blobs.has(Buffer.from(info.blake3, "hex")));
    });
    open();
    await Promise.all([flush, write]);
    expect(seen).toEqual([true, true]);
  });

  it("keeps what the index has no room for, and lets nobody add before there is", async () => {
    const index = createTestIndex();
    const records = createBlobRecords(index);
    const blob = record("kept");
    index.isFull = true;
    records.add([blob], [mark("end")]);
    await expect(records.flush()).rejects.toMatchObject({ code: Code.ResourceExhausted });
    expect([records.isFull, ...finds(records, blob)]).toEqual([true, ...BOTH]);
    await records.flushIfRoom(); // Whoever measures or makes room is not kept from it.
    expect(finds(records, blob)).toEqual(BOTH);
    index.isFull = false;
    await records.flush();
    expect(records.isFull).toBe(false);
    expect(finds(createBlobRecords(index), blob)).toEqual(BOTH);
    expect(Buffer.from(index.tables.meta.get(mark("").key)!).toString()).toBe("end");
  });

  it("forgets what is removed, also while the transaction is under way", async () => {
    const index = createTestIndex();
    const records = createBlobRecords(index);
    const blob = record("doomed");
    records.add([blob], []);
    await records.flush();
    expect(finds(records, blob)).toEqual(BOTH);
    const removing = records.index.write(() => {
      records.remove(blob.info);
    });
    await removing;
    expect(finds(records, blob)).toEqual(NEITHER);
    records.add([blob], []);
    await records.index.write(() => {
      records.remove(blob.info);
    });
    expect(finds(records, blob)).toEqual(NEITHER);
  });

  it("finds a blob that moved where it is now", async () => {
    const records = createBlobRecords(createTestIndex());
    const blob = record("moves", 40);
    records.add([blob], []);
    await records.flush();
    await records.index.write(() => {
      records.put({ ...blob, place: { kind: "pack", pack: 2, offset: 99 } });
    });
    expect(records.find("sha256", blob.info.sha256)?.place).toEqual({ kind: "pack", pack: 2, offset: 99 });
  });

  it("finds every blob also when it has learnt to know what is absent", async () => {
    const index = createTestIndex();
    const first = createBlobRecords(index);
    const old = Array.from({ length: 5_000 }, (_, i) => record(`old ${String(i)}`));
    first.add(old, []);
    await first.flush();
    const records = createBlobRecords(index, true, noMemo);
    const ask = (from: number): void => {
      for (let i = from; i < from + 500; i++) expect(finds(records, record(`absent ${String(i)}`))).toEqual(NEITHER);
    };
    // Some wait, some are being written, some come later, when it begins to learn and while it does.
    const others: BlobRecord[] = [];
    const put: Promise<void>[] = [];
    for (let round = 0; round < 20; round++) {
      const [waiting, large] = [record(`waiting ${String(round)}`), record(`large ${String(round)}`)];
      const open = index.hold();
      records.add([waiting], []);
      put.push(
        records.index.write(() => {
          records.put(large);
        }),
      );
      records.add([record(`later ${String(round)}`)], []);
      others.push(waiting, large, record(`later ${String(round)}`));
      ask(round * 1_000);
      open();
      if (round % 3 === 0) await new Promise(setImmediate);
    }
    await Promise.all(put);
    await records.flush();
    for (const blob of [...old, ...others]) expect(finds(records, blob)).toEqual(BOTH);
  });

  it("tells blobs apart whose hashes begin the same", async () => {
    const records = createBlobRecords(createTestIndex());
    // The memo looks at 17 bits: among 2,000 blobs many share them.
    const blobs = Array.from({ length: 2_000 }, (_, i) => record(`blob ${String(i)}`, i));
    records.add(blobs, []);
    await records.flush();
    for (const blob of blobs) expect(records.find("blake3", blob.info.blake3)?.place).toEqual(blob.place);
  });
});
