import { describe, expect, it } from "vitest";
import { digestBytes } from "#src/digest/index.js";
import {
  ReapiError,
  TreeDecoder,
  decodeTree,
  encodeReapiDirectory,
  encodeTree,
  encodeTreeRecord,
  splitTree,
  type ByteString,
} from "#src/formats/index.js";
import { foreign } from "./schema.js";

const digest = digestBytes("sha256", Buffer.from("contents"));
const wire = { hash: digest.hash, size_bytes: digest.sizeBytes };
const file = (name: string): Uint8Array =>
  encodeReapiDirectory({
    files: [{ name: name as ByteString, digest, isExecutable: false }],
    directories: [],
    symlinks: [],
  });
const [root, a, b] = [file("root"), file("a"), file("b")];
const empty = Buffer.alloc(0);

describe("a Tree", () => {
  it("has the bytes of any protobuf library", () => {
    const child = (name: string): object => ({ files: [{ name: Buffer.from(name), digest: wire }] });
    const tree = encodeTree(root, [a, b, empty]);
    expect(tree).toEqual(foreign("Tree", { root: child("root"), children: [child("a"), child("b"), {}] }));
    expect([...tree.subarray(0, 1)]).toEqual([0x0a]);
    expect(encodeTree(empty, [])).toEqual(Buffer.from([0x0a, 0]));
    expect(Buffer.concat([encodeTreeRecord("root", root), encodeTreeRecord("child", a)])).toEqual(
      encodeTree(root, [a]),
    );
  });

  it("is read one directory after another, whatever the pieces", () => {
    const tree = encodeTree(root, [a, empty, b]);
    const want = [
      { kind: "root", bytes: root },
      { kind: "child", bytes: a },
      { kind: "child", bytes: empty },
      { kind: "child", bytes: b },
    ];
    expect([...decodeTree(tree)]).toEqual(want);
    expect(splitTree(tree)).toEqual({ root, children: [a, empty, b] });
    for (const size of [1, 2, 3, 50, 101]) {
      const decoder = new TreeDecoder();
      const records = [];
      for (let i = 0; i < tree.byteLength; i += size) {
        const piece = Uint8Array.from(tree.subarray(i, i + size));
        for (const record of decoder.push(piece)) records.push({ ...record, bytes: Buffer.from(record.bytes) });
        piece.fill(0xff); // The producer may use its memory again.
      }
      decoder.end();
      expect(records).toEqual(want);
    }
  });

  it("may have its root last and fields that nobody knows", () => {
    const unknown = Buffer.from([0x18, 0x96, 0x01, 0x22, 2, 1, 2, 0x29, 1, 2, 3, 4, 5, 6, 7, 8, 0x35, 1, 2, 3, 4]);
    const tree = Buffer.concat([encodeTreeRecord("child", a), unknown, encodeTreeRecord("root", root)]);
    expect([...decodeTree(tree)].map(({ kind }) => kind)).toEqual(["child", "root"]);
  });

  it.each<[string, Uint8Array]>([
    ["no root", encodeTreeRecord("child", a)],
    ["no bytes", empty],
    ["two roots", Buffer.concat([encodeTreeRecord("root", a), encodeTreeRecord("root", a)])],
    ["a record that is cut off", encodeTree(root, [a]).subarray(0, -1)],
    ["a group", Buffer.from([0x0b, 0x0c])],
    ["field 0", Buffer.from([0x02, 0x00])],
    ["an endless varint", Buffer.alloc(30, 0x80)],
  ])("is refused with %s", (_, bytes) => {
    expect(() => [...decodeTree(bytes)]).toThrow(ReapiError);
  });

  it("may not make the decoder hold more than a directory's limit", () => {
    const decoder = new TreeDecoder({ directoryBytesMax: 100 });
    expect(decoder.push(encodeTreeRecord("root", Buffer.alloc(100)))).toHaveLength(1);
    expect(() => decoder.push(encodeTreeRecord("child", Buffer.alloc(101)).subarray(0, 5))).toThrow(ReapiError);
  });
});
