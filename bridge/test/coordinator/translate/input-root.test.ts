import { describe, expect, it } from "vitest";
import { digestBytes, emptyBlob, digestOf } from "#src/digest/index.js";
import { createInputRoot, type NewBlob } from "#src/coordinator/translate/input-root.js";
import { decodeReapiDirectory, type ByteString } from "#src/formats/index.js";

const bytes = (text: string): ByteString => text as ByteString;
const file = (text: string) =>
  ({ type: "file", digest: digestBytes("sha256", Buffer.from(text)), executable: false }) as const;

describe("an input root", () => {
  it("is the same whatever the order in which it is put together, children before parents", () => {
    const entries = [
      [bytes("b/c/f"), file("1")],
      [bytes("a"), { type: "symlink", target: bytes("b") }],
      [bytes("b/z"), { type: "tree", digest: digestOf(emptyBlob, "sha256") }],
    ] as const;
    const encode = (order: readonly number[]): readonly NewBlob[] => {
      const root = createInputRoot();
      root.addFolder(bytes("b/empty"));
      for (const i of order) root.add(entries[i]![0], entries[i]![1]);
      const blobs: NewBlob[] = [];
      const digest = root.encode("sha256", (blob) => blobs.push(blob));
      expect(blobs.at(-1)?.expected).toEqual(digest);
      return blobs;
    };
    const blobs = encode([0, 1, 2]);
    expect(encode([2, 1, 0])).toEqual(blobs);
    expect(blobs).toHaveLength(4);
    for (const blob of blobs) expect(digestBytes("sha256", blob.bytes)).toEqual(blob.expected);
    const root = decodeReapiDirectory(blobs.at(-1)!.bytes, "sha256");
    expect(root.symlinks).toEqual([{ name: "a", target: "b" }]);
    expect(root.directories.map(({ name }) => name)).toEqual(["b"]);
  });

  it.each(["", "a/", "/a", "a//b", ".", "a/..", "../a"])("has no place %j", (path) => {
    expect(() => createInputRoot().add(bytes(path), file("x"))).toThrow(RangeError);
  });

  it("has one thing in a place", () => {
    const root = createInputRoot();
    root.add(bytes("a/b"), file("x"));
    expect(() => root.add(bytes("a/b"), file("y"))).toThrow(RangeError);
    expect(() => root.add(bytes("a"), file("y"))).toThrow(RangeError);
    expect(() => root.addFolder(bytes("a/b/c"))).toThrow(RangeError);
  });
});
