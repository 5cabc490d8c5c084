import { describe, expect, it } from "vitest";
import {
  NAR_DIRECTORY_BYTES,
  byteStringOf,
  createNarIndex,
  narEntryBytes,
  narFileBytes,
  narSizeOf,
  narSymlinkBytes,
  type NarEvent,
  type NarTree,
} from "#src/formats/index.js";
import { encoded, fixture } from "./helpers.js";

type Tree = NarTree<Uint8Array>;
const file = (text: string | Uint8Array, executable = false): Tree => {
  const source = Buffer.from(text);
  return { type: "file", executable, sizeBytes: source.byteLength, source };
};
const symlink = (target: string): Tree => ({ type: "symlink", target: byteStringOf(target) });
const directory = (children: Readonly<Record<string, Tree>>): Tree => ({
  type: "directory",
  entries: Object.keys(children)
    .sort()
    .map((name) => ({ name: byteStringOf(name), node: children[name]! })),
});
const complicated = directory({
  ".keep": file(""),
  aa: symlink("/nix/store/somewhereelse"),
  keep: directory({ ".keep": file("") }),
});

function* eventsOf(tree: Tree): Generator<NarEvent> {
  if (tree.type === "symlink") {
    yield tree;
    return;
  }
  if (tree.type === "file") {
    yield tree;
    yield { type: "contents", bytes: tree.source };
  } else {
    yield { type: "directory" };
    for (const { name, node } of tree.entries) {
      yield { type: "entry", name };
      yield* eventsOf(node);
    }
  }
  yield { type: "end" };
}

function render(tree: Tree, from?: number, to?: number): Buffer {
  const parts = [];
  for (const segment of createNarIndex(tree).segments(from, to))
    parts.push(segment.type === "bytes" ? segment.bytes : segment.source.subarray(segment.from, segment.to));
  expect(parts.every((part) => part.byteLength > 0)).toBe(true);
  return Buffer.concat(parts);
}

describe("sizes of archives", () => {
  it("are those of Tvix' fixtures", () => {
    expect(narSizeOf(narSymlinkBytes(byteStringOf("/nix/store/somewhereelse")))).toBe(136);
    expect(narSizeOf(narFileBytes(12, false))).toBe(128);
    expect(narSizeOf(narFileBytes(1, false))).toBe(120);
    expect(narSizeOf(narFileBytes(18, true))).toBe(fixture("executable").byteLength);
    expect(narSizeOf(NAR_DIRECTORY_BYTES)).toBe(96);
    const keep = narEntryBytes(byteStringOf(".keep")) + narFileBytes(0, false);
    const inner = narEntryBytes(byteStringOf("keep")) + NAR_DIRECTORY_BYTES + keep;
    const aa = narEntryBytes(byteStringOf("aa")) + narSymlinkBytes(byteStringOf("/nix/store/somewhereelse"));
    expect(narSizeOf(NAR_DIRECTORY_BYTES + keep + aa + inner)).toBe(840);
  });
});

describe("an index of an archive", () => {
  it("renders the archive that Nix writes", () => {
    expect(createNarIndex(complicated).sizeBytes).toBe(840);
    expect(render(complicated)).toEqual(fixture("complicated"));
  });

  it("renders every range of an archive", () => {
    const shared = directory({ x: file("abc"), y: file("", true) });
    const tree = directory({ a: shared, b: file("0123456789", true), c: shared, d: symlink("t"), e: directory({}) });
    const whole = encoded(eventsOf(tree));
    expect(createNarIndex(tree).sizeBytes).toBe(whole.byteLength);
    for (let from = 0; from <= whole.byteLength; from += 5)
      for (let to = from; to <= whole.byteLength; to += 7)
        expect(render(tree, from, to).equals(whole.subarray(from, to))).toBe(true);
    for (let at = 0; at < whole.byteLength; at++)
      expect(render(tree, at, at + 1).equals(whole.subarray(at, at + 1))).toBe(true);
  });

  it("says where in a file a range lies, without touching other files", () => {
    const tree = directory({
      big: { type: "file", executable: false, sizeBytes: 2 ** 40, source: Buffer.alloc(0) },
      c: file("c"),
    });
    const index = createNarIndex(tree);
    const start = 56 + 24 + narEntryBytes(byteStringOf("big")) - 16 + 32 + 8;
    expect([...index.segments(start + 1000, start + 2000)]).toEqual([
      { type: "contents", source: Buffer.alloc(0), from: 1000, to: 2000 },
    ]);
    const tail = [...index.segments(index.sizeBytes - 100)];
    expect(tail.filter((segment) => segment.type === "contents" && segment.to > 1)).toEqual([]);
  });

  it("takes trees that are exponential without sharing, and very deep ones", () => {
    let tree: Tree = file("x");
    for (let i = 0; i < 30; i++) tree = directory({ a: tree, b: tree });
    const index = createNarIndex(tree);
    expect(index.sizeBytes).toBeGreaterThan(2 ** 30 * 100);
    expect([...index.segments(index.sizeBytes - 16)]).toHaveLength(1);
    let chain: Tree = file("x");
    for (let i = 0; i < 50_000; i++) chain = directory({ a: chain });
    expect(render(chain).byteLength).toBe(createNarIndex(chain).sizeBytes);
  });

  it("refuses ranges outside the archive", () => {
    const index = createNarIndex(file("x"));
    for (const [from, to] of [
      [-1, 1],
      [2, 1],
      [0, 121],
      [NaN, 1],
    ] as const)
      expect(() => index.segments(from, to)).toThrow(RangeError);
  });
});
