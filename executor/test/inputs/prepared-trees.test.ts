import { lstatSync, mkdirSync, readFileSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { digestBytes, digestKey, type Digest } from "@causeway/bridge/digest";
import { byteStringOf, displayOf, encodeReapiDirectory, type Directory } from "@causeway/bridge/formats";
import { createMemoryStore, type Store } from "@causeway/bridge/store";
import { openPreparedTrees } from "#src/inputs/prepared-trees.js";
import { tempDirectory } from "../temp-directory.js";

/** A tree of one file of `text`, an executable and a symlink. */
async function tree(store: Store, text: string) {
  const put = async (bytes: Uint8Array): Promise<Digest> => {
    await store.blobs.writeMany([{ bytes }]);
    return digestBytes("blake3", bytes);
  };
  const directory: Directory = {
    files: [
      { name: byteStringOf("f"), digest: await put(Buffer.from(text)), isExecutable: false },
      { name: byteStringOf("x"), digest: await put(Buffer.from("#!")), isExecutable: true },
    ],
    directories: [],
    symlinks: [{ name: byteStringOf("s"), target: byteStringOf("/nowhere") }],
  };
  const digest = await put(encodeReapiDirectory(directory));
  return { digest, directories: new Map([[digestKey(digest), directory]]) };
}

function opener(directory: string, store: Store, sizeBytesMax = Number.MAX_SAFE_INTEGER) {
  let count = 0;
  return openPreparedTrees({ store, directory, sizeBytesMax, ids: () => `${process.pid}-${count++}` });
}

describe("prepared trees", () => {
  it("are written once, read-only and with time 1", async () => {
    await using home = await tempDirectory();
    const store = createMemoryStore();
    await using trees = await opener(home.path, store);
    const { digest, directories } = await tree(store, "text");
    using lease = trees.lease();
    expect(await lease.find(digest)).toBeUndefined();
    const [path, again] = await Promise.all([lease.prepare(digest, directories), lease.prepare(digest, directories)]);
    expect(again).toBe(path);
    expect(await lease.find(digest)).toBe(path);
    const place = displayOf(path);
    expect(readFileSync(join(place, "f"), "utf8")).toBe("text");
    expect(readlinkSync(join(place, "s"))).toBe("/nowhere");
    for (const [name, mode] of [
      [".", 0o555],
      ["f", 0o444],
      ["x", 0o555],
    ] as const) {
      const stats = lstatSync(join(place, name));
      expect([stats.mode & 0o7777, stats.mtimeMs]).toEqual([mode, 1000]);
    }
    expect(lstatSync(join(place, "s")).mtimeMs).toBe(1000);
  });

  it("are found again by the next process, without what the last one was in the middle of", async () => {
    await using home = await tempDirectory();
    const store = createMemoryStore();
    const { digest, directories } = await tree(store, "text");
    let place: string;
    {
      await using trees = await opener(home.path, store);
      using lease = trees.lease();
      place = displayOf(await lease.prepare(digest, directories));
    }
    const [boot] = readdirSync(home.path);
    mkdirSync(join(home.path, boot!, "new-half"), { mode: 0o555 });
    mkdirSync(join(home.path, "an-earlier-boot", "d-x"), { recursive: true });
    await using trees = await opener(home.path, store);
    using lease = trees.lease();
    expect(await lease.find(digest)).toBe(place);
    expect(readdirSync(home.path)).toEqual([boot]);
    expect(readdirSync(join(home.path, boot!))).toHaveLength(1);
  });

  it("go when there are too many bytes of them, the least recently used first, but not while they are in use", async () => {
    await using home = await tempDirectory();
    const store = createMemoryStore();
    const [a, b, c] = await Promise.all(["a", "b", "c"].map((text) => tree(store, text.repeat(100_000))));
    await using trees = await opener(home.path, store, 300_000);
    const held = trees.lease();
    await held.prepare(a!.digest, a!.directories);
    for (const other of [b!, c!]) {
      using lease = trees.lease();
      await lease.prepare(other.digest, other.directories);
      await new Promise(setImmediate);
    }
    using later = trees.lease();
    expect(await later.find(b!.digest)).toBeUndefined();
    expect(await later.find(a!.digest)).toBeDefined();
    expect(await later.find(c!.digest)).toBeDefined();
    held[Symbol.dispose]();
  });

  it("leave nothing behind when a blob is missing", async () => {
    await using home = await tempDirectory();
    const store = createMemoryStore();
    await using trees = await opener(home.path, store);
    const { digest, directories } = await tree(createMemoryStore(), "elsewhere");
    using lease = trees.lease();
    await expect(lease.prepare(digest, directories)).rejects.toThrow("the store lacks");
    const [boot] = readdirSync(home.path);
    expect(readdirSync(join(home.path, boot!))).toEqual([]);
  });

  it.runIf(process.getuid?.() === 0)("take over an output, with the look of a written tree", async () => {
    await using home = await tempDirectory();
    const store = createMemoryStore();
    await using trees = await opener(join(home.path, "trees"), store);
    const { digest } = await tree(store, "text");
    const output = join(home.path, "output");
    mkdirSync(output, { mode: 0o777 });
    writeFileSync(join(output, "f"), "text", { mode: 0o666 });
    writeFileSync(join(output, "x"), "#!", { mode: 0o700 });
    symlinkSync("/nowhere", join(output, "s"));
    const adopting = trees.adopt(digest, byteStringOf(output));
    using lease = trees.lease();
    const place = displayOf((await lease.find(digest))!); // Waits for the adoption, as an action that follows does.
    await adopting;
    expect(readFileSync(join(place, "f"), "utf8")).toBe("text");
    for (const [name, mode] of [
      [".", 0o555],
      ["f", 0o444],
      ["x", 0o555],
    ] as const) {
      const stats = lstatSync(join(place, name));
      expect([stats.mode & 0o7777, stats.mtimeMs, stats.uid]).toEqual([mode, 1000, 0]);
    }
  });
});
