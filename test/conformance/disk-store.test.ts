import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { blobInfoOf, digestOf, type Digest } from "@causeway/bridge/digest";
import { Code } from "@causeway/bridge/status";
import { openDiskStore, verifyStore, type LocalStore } from "@causeway/bridge/store";
import { collect, oneShot, seededBytes } from "../suites/bytes.js";

const rejectsWith = (code: Code): unknown => expect.objectContaining({ name: "StatusError", code });

describe("a state directory", () => {
  let directory: string;
  let store: LocalStore;
  const open = (): Promise<LocalStore> => openDiskStore({ directory, storeDir: "/nix/store" });
  const reopen = async (): Promise<void> => {
    await store[Symbol.asyncDispose]();
    store = await open();
  };
  beforeEach(async () => {
    directory = fs.mkdtempSync(join(tmpdir(), "causeway-state-"));
    store = await open();
  });
  afterEach(async () => {
    await store[Symbol.asyncDispose]();
    fs.rmSync(directory, { recursive: true, force: true });
  });

  const write = async (sizeBytes: number, seed: number): Promise<Digest> =>
    digestOf(await store.blobs.write(oneShot(seededBytes(sizeBytes, seed))), "blake3");
  const packs = (): string[] => fs.readdirSync(join(directory, "packs")).map((name) => join(directory, "packs", name));
  const files = (): string[] =>
    fs.readdirSync(join(directory, "files"), { recursive: true, encoding: "utf8" }).filter((name) => name.length > 3);

  it("holds many small blobs in one file, and large ones as files of their own, mode 0444 and time 1", async () => {
    await store.blobs.writeMany(Array.from({ length: 1_000 }, (_, i) => ({ bytes: seededBytes(100, i) })));
    const large = await write(200_000, 1);
    expect(packs()).toHaveLength(1);
    expect(files()).toEqual([join(large.hash.slice(0, 2), large.hash)]);
    const path = store.blobs.localFile(large)!;
    const stat = fs.statSync(path);
    expect([stat.mode & 0o7777, stat.mtimeMs]).toEqual([0o444, 1_000]);
    expect(fs.readFileSync(path).equals(seededBytes(200_000, 1))).toBe(true);
    expect(fs.readdirSync(join(directory, "tmp"))).toEqual([]);
  });

  it("holds large ones of a batch as files, too: packs have none that would not be found after a crash", async () => {
    const sizes = [128 * 1024, 128 * 1024 + 1, 2_000_000, 2_000_000];
    const blobs = sizes.map((size) => ({ bytes: seededBytes(size, size) }));
    const digests = (await store.blobs.writeMany(blobs)).map((info) => digestOf(info, "sha256"));
    expect(digests.map((digest) => store.blobs.localFile(digest) !== undefined)).toEqual([false, true, true, true]);
    expect(files()).toHaveLength(2);
    expect(packs().map((pack) => fs.statSync(pack).size)).toEqual([40 + 128 * 1024]);
    expect(fs.readdirSync(join(directory, "tmp"))).toEqual([]);
    await store.blobs.writeMany(blobs);
    expect(files()).toHaveLength(2);
    const read = await store.blobs.readMany(digests);
    expect(read.map((bytes, i) => Buffer.compare(bytes!, blobs[i]!.bytes))).toEqual([0, 0, 0, 0]);
  });

  it("appends equal bytes to no pack a second time", async () => {
    const bytes = seededBytes(50_000, 2);
    await Promise.all(Array.from({ length: 100 }, () => store.blobs.write(oneShot(bytes))));
    await reopen();
    await store.blobs.writeMany([{ bytes }, { bytes }]);
    expect(fs.statSync(packs()[0]!).size).toBe(50_000 + 40);
  });

  it("leaves nothing of a write that fails", async () => {
    await expect(store.blobs.write(oneShot(seededBytes(500_000, 3), 50_000, 400_000))).rejects.toThrow();
    expect([files(), fs.readdirSync(join(directory, "tmp")), packs()]).toEqual([[], [], []]);
  });

  it("cuts off what a pack holds past its last commit, and removes what lies in tmp", async () => {
    const digest = await write(1_000, 4);
    await store[Symbol.asyncDispose]();
    const [pack] = packs();
    const size = fs.statSync(pack!).size;
    fs.appendFileSync(pack!, seededBytes(777, 5));
    fs.writeFileSync(join(directory, "tmp", "left"), "over");
    store = await open();
    expect(fs.statSync(pack!).size).toBe(size);
    expect(fs.readdirSync(join(directory, "tmp"))).toEqual([]);
    const second = await write(1_000, 6);
    expect((await collect(store.blobs.read(digest))).equals(seededBytes(1_000, 4))).toBe(true);
    expect((await collect(store.blobs.read(second))).equals(seededBytes(1_000, 6))).toBe(true);
  });

  it("misses what power loss took from the end of a pack, and takes it again", async () => {
    const [early, late] = [await write(1_000, 7), await write(1_000, 8)];
    await store[Symbol.asyncDispose]();
    fs.truncateSync(packs()[0]!, 1_500);
    store = await open();
    expect(await store.blobs.findMissing([early, late])).toEqual([late]);
    expect(await write(1_000, 8)).toEqual(late);
    expect((await collect(store.blobs.read(late))).equals(seededBytes(1_000, 8))).toBe(true);
    expect((await verifyStore(store, { contents: true })).problems).toEqual([]);
  });

  it.each([
    ["a pack", 1_000, () => packs()[0]!, 500],
    ["a file", 3_000_000, () => join(directory, "files", files()[0]!), 2_500_000],
  ])(
    "answers DataLoss for a damaged blob in %s instead of ending well, and then misses it",
    async (_, size, pathOf, at) => {
      const digest = await write(size, 9);
      const path = pathOf();
      fs.chmodSync(path, 0o644);
      const fd = fs.openSync(path, "r+");
      fs.writeSync(fd, Buffer.from([0xff, 0x00, 0xff]), 0, 3, at);
      fs.closeSync(fd);
      expect((await verifyStore(store, { contents: true })).problems).toMatchObject([
        { kind: "blob", subject: digest.hash },
      ]);
      const read = size < 100_000 ? store.blobs.readMany([digest]) : collect(store.blobs.read(digest));
      await expect(read).rejects.toEqual(rejectsWith(Code.DataLoss));
      expect(await store.blobs.findMissing([digest])).toEqual([digest]);
      expect(await write(size, 9)).toEqual(digest);
      expect((await collect(store.blobs.read(digest))).equals(seededBytes(size, 9))).toBe(true);
    },
  );

  it("answers DataLoss when a file is gone", async () => {
    const digest = await write(300_000, 10);
    fs.rmSync(join(directory, "files", files()[0]!));
    expect((await verifyStore(store, { contents: false })).problems).toHaveLength(1);
    await expect(collect(store.blobs.read(digest))).rejects.toEqual(rejectsWith(Code.DataLoss));
  });

  it("refuses a second opener, naming the process and the directory", async () => {
    await expect(open()).rejects.toMatchObject({
      code: Code.FailedPrecondition,
      message: expect.stringMatching(new RegExp(`${directory}.*process ${String(process.pid)}`)) as string,
    });
  });

  it("may be read beside the writer, who goes on", async () => {
    const first = await write(1_000, 11);
    // Whatever may name a blob brings it along; without, others hear of it a moment later.
    const name = (): Promise<void> => store.notes.put("test/note", Buffer.from("named"));
    await name();
    const reader = await openDiskStore({ directory, storeDir: "/nix/store", readOnly: true });
    try {
      expect(await collect(reader.blobs.read(first))).toHaveLength(1_000);
      const second = await write(2_000, 12);
      const large = await write(400_000, 13);
      await name();
      expect((await collect(reader.blobs.read(second))).equals(seededBytes(2_000, 12))).toBe(true);
      expect((await collect(reader.blobs.read(large))).equals(seededBytes(400_000, 13))).toBe(true);
      const refused = reader.blobs.writeMany([{ bytes: Buffer.from("new") }]);
      await expect(refused).rejects.toEqual(rejectsWith(Code.FailedPrecondition));
    } finally {
      await reader[Symbol.asyncDispose]();
    }
  });

  it("belongs to one store directory", async () => {
    await store[Symbol.asyncDispose]();
    const other = openDiskStore({ directory, storeDir: "/gnu/store" });
    await expect(other).rejects.toEqual(rejectsWith(Code.FailedPrecondition));
  });

  it("is not there to be read before it was made", async () => {
    const reader = openDiskStore({ directory: join(directory, "none"), storeDir: "/nix/store", readOnly: true });
    await expect(reader).rejects.toEqual(rejectsWith(Code.NotFound));
  });

  it("does not leak descriptors of readers that stop early", async () => {
    const digest = await write(3_000_000, 14);
    const count = (): number => fs.readdirSync("/proc/self/fd").length;
    const before = count();
    for (let i = 0; i < 50; i++) for await (const piece of store.blobs.read(digest)) if (piece.byteLength > 0) break;
    expect(count()).toBe(before);
  });
});

const isRoot = process.getuid?.() === 0;

describe.skipIf(!isRoot)("a full disk (needs root for a tmpfs)", () => {
  it("is ResourceExhausted, and leaves nothing half stored", async () => {
    const mount = fs.mkdtempSync(join(tmpdir(), "causeway-full-"));
    expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=3m", "tmpfs", mount]).status).toBe(0);
    try {
      const store = await openDiskStore({ directory: join(mount, "state"), storeDir: "/nix/store" });
      const kept = digestOf(await store.blobs.write(oneShot(seededBytes(100_000, 1))), "blake3");
      const large = seededBytes(8_000_000, 2);
      await expect(store.blobs.write(oneShot(large))).rejects.toEqual(rejectsWith(Code.ResourceExhausted));
      const small = Array.from({ length: 40 }, (_, i) => ({ bytes: seededBytes(100_000, 100 + i) }));
      await expect(store.blobs.writeMany(small)).rejects.toEqual(rejectsWith(Code.ResourceExhausted));
      expect(await store.blobs.stat(digestOf(blobInfoOf(large), "blake3"))).toBeUndefined();
      for (const { bytes } of small)
        expect(await store.blobs.stat(digestOf(blobInfoOf(bytes), "sha256"))).toBeUndefined();
      expect(await collect(store.blobs.read(kept))).toHaveLength(100_000);
      await store.blobs.write(oneShot(seededBytes(50_000, 3)));
      expect((await verifyStore(store, { contents: true })).problems).toEqual([]);
      await store[Symbol.asyncDispose]();
    } finally {
      spawnSync("umount", ["-l", mount]);
      fs.rmdirSync(mount);
    }
  });
});
