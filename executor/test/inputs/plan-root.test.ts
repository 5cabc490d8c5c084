import { describe, expect, it } from "vitest";
import { digestBytes, type Digest } from "@causeway/bridge/digest";
import { byteStringFrom, byteStringOf, encodeReapiDirectory, type Directory } from "@causeway/bridge/formats";
import { createMemoryStore, type Store } from "@causeway/bridge/store";
import type { LoadedAction } from "#src/action/load-action.js";
import { isAtOrAbove, planRoot, type RootPlan } from "#src/inputs/plan-root.js";

const B = byteStringOf;

async function put(store: Store, directory: Partial<Directory>): Promise<Digest> {
  const bytes = encodeReapiDirectory({ files: [], directories: [], symlinks: [], ...directory });
  await store.blobs.writeMany([{ bytes }]);
  return digestBytes("blake3", bytes);
}

function loadedOf(root: Digest, inputs: "read-only" | "writable", outputs: readonly string[][]): LoadedAction {
  return {
    action: { inputRootDigest: root },
    platform: { inputs },
    workingDirectory: [B("build")],
    outputs: outputs.map((segments) => ({ path: B("x"), segments: segments.map(B), kind: "any" })),
  } as unknown as LoadedAction;
}

const leaf = digestBytes("blake3", Buffer.from("leaf"));
const file = { name: B("f"), digest: leaf, isExecutable: false };

/** `/build`, `/tmp`, `/nix/store/{a,b}`, `/bin/sh`. */
async function nixRoot(store: Store): Promise<Digest> {
  const empty = await put(store, {});
  const a = await put(store, { files: [file] });
  const b = await put(store, { directories: [{ name: B("deep"), digest: a }] });
  const odd = byteStringFrom(Buffer.from([0xff]));
  const stored = await put(store, {
    directories: [
      { name: B("a"), digest: a },
      { name: B("b"), digest: b },
      { name: odd, digest: a },
    ],
    symlinks: [{ name: B("l"), target: B("a") }],
  });
  const nix = await put(store, { directories: [{ name: B("store"), digest: stored }] });
  const bin = await put(store, { files: [{ name: B("sh"), digest: leaf, isExecutable: true }] });
  return put(store, {
    directories: [
      { name: B("bin"), digest: bin },
      { name: B("build"), digest: empty },
      { name: B("nix"), digest: nix },
      { name: B("tmp"), digest: empty },
    ],
  });
}

const paths = (entries: RootPlan["shared"]): string[] => entries.map(({ segments }) => segments.join("/"));

describe("the plan of a root", () => {
  it("shares store paths, copies what the builder owns, and makes the rest for the action", async () => {
    await using store = createMemoryStore();
    const plan = await planRoot(store, loadedOf(await nixRoot(store), "read-only", [["nix", "store", "out"]]));
    expect(paths(plan.shared)).toEqual(["nix/store/a", "nix/store/b"]);
    expect(paths(plan.copied)).toEqual(["build", "tmp"]);
    expect(plan.directories.map((segments) => segments.join("/"))).toEqual([
      "bin",
      "nix",
      "nix/store",
      "nix/store/\xff",
    ]);
    expect(paths(plan.files)).toEqual(["bin/sh", "nix/store/\xff/f"]);
    expect(plan.symlinks.map(({ target }) => target)).toEqual(["a"]);
    expect(plan.missing).toEqual([]);
  });

  it("makes a directory of the action's own of what has an output in it", async () => {
    await using store = createMemoryStore();
    const plan = await planRoot(store, loadedOf(await nixRoot(store), "read-only", [["nix", "store", "b", "out"]]));
    expect(paths(plan.shared)).toEqual(["nix/store/a", "nix/store/b/deep"]);
  });

  it("copies everything where inputs are writable, and reads nothing", async () => {
    await using store = createMemoryStore();
    const root = digestBytes("blake3", Buffer.from("not stored"));
    const plan = await planRoot(store, loadedOf(root, "writable", []));
    expect(plan.copied).toEqual([{ segments: [], digest: root }]);
    expect(plan.missing).toEqual([]);
  });

  it("names the directories that the store lacks", async () => {
    await using store = createMemoryStore();
    const root = await put(store, { directories: [{ name: B("bin"), digest: leaf }] });
    expect((await planRoot(store, loadedOf(root, "read-only", []))).missing).toEqual([leaf]);
  });
});

describe("a path", () => {
  it.each([
    [[], ["a"], true],
    [["a"], ["a"], true],
    [["a"], ["a", "b"], true],
    [["a", "b"], ["a"], false],
    [["a"], ["ab"], false],
  ])("%j is at or above %j: %s", (prefix, path, expected) => {
    expect(isAtOrAbove(prefix.map(B), path.map(B))).toBe(expected);
  });
});
