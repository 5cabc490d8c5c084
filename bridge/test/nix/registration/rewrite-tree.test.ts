import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createMemoryStore, hashNarOf, narOf, type Store } from "#src/store/index.js";
import { rewriteTree } from "#src/nix/registration/rewrite-tree.js";
import { storeTree, type TreeLiteral } from "../../support/make-result.js";

const [A, B, X, Y] = ["a", "b", "x", "y"].map((letter) => letter.repeat(32)) as [string, string, string, string];
const rewrites = new Map([
  [A, X],
  [B, Y],
]);
const dir = (entries: Readonly<Record<string, TreeLiteral>>): TreeLiteral => new Map(Object.entries(entries));

let store: Store;

beforeEach(() => {
  store = createMemoryStore();
});

afterEach(async () => {
  await store[Symbol.asyncDispose]();
});

const large = (hashPart: string): string => `${"-".repeat(300_000)}${hashPart}${"-".repeat(100_001)}${hashPart}`;

function tree(a: string, b: string): TreeLiteral {
  const shared = dir({ f: `in ${a}`, same: "nothing here" });
  return dir({
    [`m-${a}`]: { link: `../${b}-x/${a}` },
    one: dir({ two: dir({ three: shared }) }),
    other: shared,
    [`${b}.txt`]: { executable: `${b}${a}${b}` },
    large: large(b),
    same: dir({ large: large("nothing"), empty: "", deep: dir({ f: "x" }) }),
  });
}

describe("a rewritten tree", () => {
  it("is the tree that would have been made with the other hash parts", async () => {
    const [before, after] = [await storeTree(store, tree(A, B)), await storeTree(store, tree(X, Y))];
    const rewritten = await rewriteTree(store, before, rewrites);
    expect(rewritten).toEqual(after);
    expect(await hashNarOf(store, rewritten)).toEqual(await hashNarOf(store, after));
  });

  it("has its names in order again", async () => {
    const before = await storeTree(store, dir({ [A]: "1", ["c".repeat(32)]: "2" }));
    expect(await rewriteTree(store, before, rewrites)).toEqual(
      await storeTree(store, dir({ ["c".repeat(32)]: "2", [X]: "1" })),
    );
  });

  it("is the same tree if there is nothing to replace, and may be a file or a symlink", async () => {
    const same = await storeTree(store, dir({ f: "x", l: { link: "x" } }));
    expect(await rewriteTree(store, same, rewrites)).toBe(same);
    expect(await rewriteTree(store, await storeTree(store, A), rewrites)).toEqual(await storeTree(store, X));
    expect(await rewriteTree(store, { type: "symlink", target: A as never }, rewrites)).toMatchObject({ target: X });
  });

  it("can be read to its end", async () => {
    const rewritten = await rewriteTree(store, await storeTree(store, tree(A, B)), rewrites);
    let sizeBytes = 0;
    for await (const piece of narOf(store, rewritten)) sizeBytes += piece.byteLength;
    expect(sizeBytes).toBeGreaterThan(400_000);
  });
});
