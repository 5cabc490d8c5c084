import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { blobInfoOf } from "#src/digest/index.js";
import { encodePackRecords } from "#src/store/blobs/pack-format.js";
import { recoverTail } from "#src/store/blobs/recover-tail.js";

let directory: string;
let path: string;

beforeEach(() => {
  directory = fs.mkdtempSync(join(tmpdir(), "causeway-tail-"));
  path = join(directory, "00000003.pack");
});

afterEach(() => {
  fs.rmSync(directory, { recursive: true, force: true });
});

/** Contents of all sizes that matter: the smallest, some that cross the windows in which a pack is read, the largest. */
const CONTENTS = [1, 1_000, ...Array.from({ length: 30 }, () => 100_000), 128 * 1024].map((size, i) =>
  Buffer.alloc(size, i + 1),
);
const { bytes, offsets } = encodePackRecords(
  CONTENTS.map((content) => ({ info: blobInfoOf(content), bytes: content })),
);

describe("the tail of a pack", () => {
  it.each([0, 1, 5])("gives the whole records behind number %i", (first) => {
    fs.writeFileSync(path, bytes);
    const start = offsets[first]! - 40;
    const { blobs, end } = recoverTail(path, 3, start);
    expect(blobs).toEqual(
      CONTENTS.slice(first).map((content, i) => ({
        info: blobInfoOf(content),
        place: { kind: "pack", pack: 3, offset: offsets[first + i] },
      })),
    );
    expect([end, fs.statSync(path).size]).toEqual([bytes.byteLength, bytes.byteLength]);
  });

  it.each([
    ["in the header", 20],
    ["in the contents", 41],
    ["before its last byte", 100_039],
  ])("cuts off a record that ends %s", (_name, length) => {
    const last = offsets[10]! - 40;
    fs.writeFileSync(path, bytes.subarray(0, last + length));
    const { blobs, end } = recoverTail(path, 3, 0);
    expect([blobs.length, end, fs.statSync(path).size]).toEqual([10, last, last]);
  });

  it("ends before a record that was damaged", () => {
    const damaged = Buffer.from(bytes);
    damaged[offsets[4]! + 7]! ^= 1;
    fs.writeFileSync(path, damaged);
    expect(recoverTail(path, 3, 0).blobs).toHaveLength(4);
    expect(fs.statSync(path).size).toBe(offsets[4]! - 40);
  });

  it("cuts off zeros, as a power loss leaves them", () => {
    fs.writeFileSync(path, Buffer.concat([bytes, Buffer.alloc(5_000)]));
    expect(recoverTail(path, 3, bytes.byteLength)).toEqual({ blobs: [], end: bytes.byteLength });
  });
});
