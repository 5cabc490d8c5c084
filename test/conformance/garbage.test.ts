import fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { blobInfoOf, digestOf, type Digest } from "@causeway/bridge/digest";
import {
  byteStringOf,
  encodeActionResult,
  encodeTree,
  encodeReapiDirectory,
  type CastoreNode,
  type StorePath,
} from "@causeway/bridge/formats";
import { collectGarbage, openDiskStore, verifyStore, type Clock, type Store } from "@causeway/bridge/store";
import { createRandom, collect, oneShot, seededBytes } from "../suites/bytes.js";
import { nodeOfDirectory } from "../suites/directory-store-suite.js";
import { testPath, testPathInfo } from "../suites/path-info-store-suite.js";
import type { StoreHandle } from "../suites/store-handle.js";
import { openDisk, openMemory } from "./open-stores.js";

const SEED = Number(process.env["SEED"] ?? "1");
const HOUR_MS = 3_600_000;
const KEEP_ALL = Number.MAX_SAFE_INTEGER;

/** A clock that only the test moves. */
function createTestClock(): Clock & { advance(ms: number): void } {
  let now = 1_700_000_000_000;
  return { nowMs: () => now, advance: (ms) => void (now += ms) };
}

const opens: Record<string, (clock: Clock) => Promise<StoreHandle>> = { memory: openMemory, disk: openDisk };

async function sizeOf(store: Store): Promise<number> {
  return (await collectGarbage(store, { graceMs: 0, maxSizeBytes: KEEP_ALL })).sizeBytes;
}

describe.each(Object.entries(opens))("garbage in a %s store", (_, open) => {
  async function withStore(
    body: (store: Store, clock: ReturnType<typeof createTestClock>) => Promise<void>,
  ): Promise<void> {
    const clock = createTestClock();
    const handle = await open(clock);
    try {
      await body(handle.store, clock);
    } finally {
      await handle.close();
    }
  }
  const write = async (store: Store, seed: number, size = 1_000): Promise<Digest> =>
    digestOf(await store.blobs.write(oneShot(seededBytes(size, seed))), "blake3");
  const fileNode = ({ hash, sizeBytes }: Digest): CastoreNode => ({
    type: "file",
    digest: hash,
    size: sizeBytes,
    executable: false,
  });

  it("stays while there is room", () =>
    withStore(async (store, clock) => {
      const digest = await write(store, 1);
      clock.advance(1000 * HOUR_MS);
      for (const options of [{ graceMs: 0 }, { graceMs: 0, maxSizeBytes: 1_000 }]) {
        expect(await collectGarbage(store, options)).toMatchObject({ blobs: 0, sizeBytes: 1_000 });
        expect(await store.blobs.findMissing([digest])).toEqual([]);
      }
    }));

  it("goes least recently used first: a read or a find counts, a stat does not", () =>
    withStore(async (store, clock) => {
      const digests: Digest[] = [];
      for (let i = 0; i < 4; i++) {
        digests.push(await write(store, i));
        clock.advance(HOUR_MS);
      }
      await collect(store.blobs.read(digests[0]!));
      await store.blobs.findMissing([digests[1]!]);
      await store.blobs.stat(digests[2]!);
      expect(await collectGarbage(store, { graceMs: 0, maxSizeBytes: 2_000 })).toMatchObject({ blobs: 2 });
      expect(await store.blobs.findMissing(digests)).toEqual([digests[2], digests[3]]);
    }));

  it("stays within the grace period, however full the store is", () =>
    withStore(async (store, clock) => {
      const old = await write(store, 1);
      clock.advance(2 * HOUR_MS);
      const young = await write(store, 2);
      expect(await collectGarbage(store, { graceMs: HOUR_MS, maxSizeBytes: 0 })).toMatchObject({ blobs: 1 });
      expect(await store.blobs.findMissing([old, young])).toEqual([old]);
    }));

  it("never takes what a path needs before the path, and takes the path when it is the oldest", () =>
    withStore(async (store, clock) => {
      const file = await write(store, 1);
      const directory = { entries: [{ name: byteStringOf("f"), node: fileNode(file) }] };
      await store.directories.putMany([directory]);
      const libc = testPathInfo("libc", [], nodeOfDirectory(directory));
      const hello = testPathInfo("hello", [libc.path]);
      await store.pathInfos.putMany([libc, hello]);
      clock.advance(10 * HOUR_MS);
      const upload = await write(store, 2);
      await store.pathInfos.get(hello.path); // Used: so is all that it needs.
      clock.advance(HOUR_MS);
      await write(store, 3);
      await collectGarbage(store, { graceMs: 0, maxSizeBytes: 2_700 });
      expect(await store.blobs.findMissing([file])).toEqual([]);
      expect(await store.blobs.findMissing([upload])).toEqual([upload]);
      clock.advance(HOUR_MS);
      await collectGarbage(store, { graceMs: 0, maxSizeBytes: 0, keep: [libc.path] });
      expect([await store.pathInfos.get(libc.path), await store.pathInfos.get(hello.path)]).toEqual([libc, undefined]);
      expect(await store.blobs.findMissing([file])).toEqual([]);
      await collectGarbage(store, { graceMs: 0, maxSizeBytes: 0 });
      expect(await sizeOf(store)).toBe(0);
      expect(await store.directories.get(nodeOfDirectory(directory).digest)).toBeUndefined();
    }));

  it("leaves an action cache hit all its bytes, the files of its tree too", () =>
    withStore(async (store, clock) => {
      const file = await write(store, 1);
      const message = encodeReapiDirectory({
        files: [{ name: byteStringOf("f"), digest: file, isExecutable: false }],
        directories: [],
        symlinks: [],
      });
      const [tree] = await store.blobs.writeMany([{ bytes: encodeTree(message, []) }]);
      const result = encodeActionResult({
        outputFiles: [],
        outputSymlinks: [],
        exitCode: 0,
        outputDirectories: [{ path: byteStringOf("o"), treeDigest: digestOf(tree!, "blake3") }],
      });
      const action = digestOf(blobInfoOf(Buffer.from("action")), "blake3");
      await store.actionCache.put(action, result);
      clock.advance(HOUR_MS);
      const other = await write(store, 2);
      clock.advance(HOUR_MS);
      expect(await store.actionCache.get(action)).toBeDefined();
      await collectGarbage(store, { graceMs: 0, maxSizeBytes: 1_500 });
      expect(await store.blobs.findMissing([file, other])).toEqual([other]);
      expect(await store.actionCache.get(action)).toBeDefined();
      clock.advance(HOUR_MS);
      await collectGarbage(store, { graceMs: 0, maxSizeBytes: 0 });
      expect(await store.actionCache.get(action)).toBeUndefined();
    }));

  it("makes a tree view that lost a message write it again", () =>
    withStore(async (store, clock) => {
      const file = await write(store, 1);
      const directory = { entries: [{ name: byteStringOf("f"), node: fileNode(file) }] };
      const [digest] = await store.directories.putMany([directory]);
      const view = await store.trees.toReapi(digest!, "sha256");
      clock.advance(HOUR_MS);
      await collectGarbage(store, { graceMs: 0, maxSizeBytes: 0 });
      expect(await store.blobs.findMissing([view])).toEqual([view]);
      await write(store, 1);
      await store.directories.putMany([directory]);
      expect(await store.trees.toReapi(digest!, "sha256")).toEqual(view);
      expect(await store.blobs.findMissing([view])).toEqual([]);
    }));

  it(`keeps the promises through a random history (seed ${String(SEED)})`, { timeout: 60_000 }, () =>
    withStore(async (store, clock) => {
      const random = createRandom(SEED);
      const recent = new Map<string, { digest: Digest; usedMs: number }>();
      const paths: StorePath[] = [];
      const actions: Digest[] = [];
      for (let step = 0; step < 300; step++) {
        clock.advance(random(HOUR_MS / 4));
        const digest = await write(store, random(60), 100 + random(3) * 70_000);
        recent.set(digest.hash, { digest, usedMs: clock.nowMs() });
        switch (random(6)) {
          case 0: {
            const node = { entries: [{ name: byteStringOf("f"), node: fileNode(digest) }] };
            await store.directories.putMany([node]);
            const known = paths.length === 0 ? undefined : paths[random(paths.length)]!;
            const reference = known !== undefined && (await store.pathInfos.get(known)) !== undefined ? [known] : [];
            const info = testPathInfo(`p${String(step)}`, reference, nodeOfDirectory(node));
            await store.pathInfos.putMany([info]);
            if (random(2) === 0)
              await store.trees.toReapi(nodeOfDirectory(node).digest, random(2) === 0 ? "sha256" : "blake3");
            paths.push(info.path);
            break;
          }
          case 1: {
            const action = digestOf(blobInfoOf(Buffer.from(`action ${String(step)}`)), "blake3");
            const output = { path: byteStringOf("o"), digest, isExecutable: false };
            await store.actionCache.put(
              action,
              encodeActionResult({ outputFiles: [output], outputDirectories: [], outputSymlinks: [], exitCode: 0 }),
            );
            actions.push(action);
            break;
          }
          case 2: {
            const graceMs = random(3) * HOUR_MS;
            const before = await sizeOf(store);
            const maxSizeBytes = random(before + 1);
            const young = [...recent.values()].filter(({ usedMs }) => graceMs > 0 && clock.nowMs() - usedMs <= graceMs);
            const here: Digest[] = [];
            for (const { digest: used } of young) if ((await store.blobs.stat(used)) !== undefined) here.push(used);
            const report = await collectGarbage(store, { graceMs, maxSizeBytes });
            expect(report.sizeBytes).toBe(await sizeOf(store));
            // Whole, always: the index, every path's closure and archive's parts, every action result.
            expect((await verifyStore(store, { contents: false })).problems).toEqual([]);
            for (const used of here) expect(await store.blobs.stat(used)).toBeDefined();
            for (const action of actions) await store.actionCache.get(action);
            break;
          }
          default:
        }
      }
      expect((await verifyStore(store, { contents: false })).problems).toEqual([]);
      clock.advance(10 * HOUR_MS);
      await collectGarbage(store, { graceMs: 0, maxSizeBytes: 0 });
      expect(await sizeOf(store)).toBe(0);
    }),
  );

  it("does not take what is written, found and registered while it collects", () =>
    withStore(async (store, clock) => {
      for (let i = 0; i < 200; i++) await write(store, i);
      clock.advance(10 * HOUR_MS);
      const files = Array.from({ length: 50 }, (__, i) => write(store, i));
      const collecting = collectGarbage(store, { graceMs: HOUR_MS, maxSizeBytes: 0 });
      const infos = files.map(async (file, i) => {
        await store.pathInfos.putMany([testPathInfo(`c${String(i)}`, [], fileNode(await file))]);
      });
      await Promise.all([collecting, ...infos]);
      expect(
        (await verifyStore(store, { contents: true })).problems.filter(({ kind }) => kind !== "path-info"),
      ).toEqual([]);
      for (let i = 0; i < 50; i++) expect(await store.pathInfos.get(testPath(`c${String(i)}`))).toBeDefined();
      expect(await store.blobs.findMissing(await Promise.all(files))).toEqual([]);
    }));
});

describe("garbage on disk", () => {
  it("is given back: files are deleted and packs rewritten, what stays is readable", async () => {
    const clock = createTestClock();
    const handle = await openDisk(clock);
    const { store, directory } = handle;
    const packs = (): string[] => fs.readdirSync(join(directory, "packs"));
    try {
      const old = await store.blobs.writeMany(
        Array.from({ length: 100 }, (_, i) => ({ bytes: seededBytes(30_000, i) })),
      );
      await store.blobs.write(oneShot(seededBytes(500_000, 500)));
      clock.advance(HOUR_MS);
      const kept = old.filter((_, i) => i % 5 === 0).map((info) => digestOf(info, "sha256"));
      await store.blobs.findMissing(kept);
      fs.mkdirSync(join(directory, "files", "ff"), { recursive: true });
      fs.writeFileSync(join(directory, "files", "ff", "f".repeat(64)), "left by a crash");
      const report = await collectGarbage(store, { graceMs: 0, maxSizeBytes: 600_000 });
      expect(report).toMatchObject({ blobs: 81, leftoverFiles: 1, sizeBytes: 600_000 });
      expect(report.compactedBytes).toBeGreaterThan(2_300_000);
      expect(packs()).toEqual(["00000002.pack"]);
      expect(
        fs
          .readdirSync(join(directory, "files"), { recursive: true, encoding: "utf8" })
          .filter((name) => name.length > 3),
      ).toEqual([]);
      const again = await handle.reopen();
      expect((await again.blobs.readMany(kept)).map((bytes) => bytes?.byteLength)).toEqual(kept.map(() => 30_000));
      expect((await verifyStore(again, { contents: true })).problems).toEqual([]);
      clock.advance(HOUR_MS);
      await collectGarbage(again, { graceMs: 0, maxSizeBytes: 0 });
      expect(packs()).toEqual([]);
      await again.blobs.writeMany([{ bytes: seededBytes(10, 1) }]);
      expect(packs()).toEqual(["00000003.pack"]);
    } finally {
      await handle.close();
    }
  });

  it("may be collected while another process reads, which finds what moved where it is now", async () => {
    const clock = createTestClock();
    const handle = await openDisk(clock);
    const { store, directory } = handle;
    try {
      const infos = await store.blobs.writeMany(
        Array.from({ length: 100 }, (_, i) => ({ bytes: seededBytes(30_000, i) })),
      );
      const [kept, gone] = [digestOf(infos[7]!, "sha256"), digestOf(infos[8]!, "sha256")];
      await store.notes.put("test/note", Buffer.from("brings the blobs along"));
      const reader = await openDiskStore({ directory, storeDir: "/nix/store", readOnly: true });
      try {
        expect(await reader.blobs.findMissing([kept, gone])).toEqual([]);
        clock.advance(HOUR_MS);
        await store.blobs.findMissing([kept]);
        const report = await collectGarbage(store, { graceMs: 0, maxSizeBytes: 30_000 });
        expect([report.blobs, report.compactedBytes > 2_000_000]).toEqual([99, true]);
        expect(await reader.blobs.findMissing([kept, gone])).toEqual([gone]);
        expect((await reader.blobs.readMany([kept]))[0]?.byteLength).toBe(30_000);
      } finally {
        await reader[Symbol.asyncDispose]();
      }
    } finally {
      await handle.close();
    }
  });

  it("may be collected in the middle of a read", async () => {
    const clock = createTestClock();
    const handle = await openDisk(clock);
    try {
      const infos = await handle.store.blobs.writeMany([{ bytes: seededBytes(100_000, 1) }]);
      const large = await handle.store.blobs.write(oneShot(seededBytes(3_000_000, 2)));
      for (const info of [infos[0]!, large]) {
        const reading = handle.store.blobs.read(digestOf(info, "blake3"))[Symbol.asyncIterator]();
        const first = await reading.next();
        clock.advance(HOUR_MS);
        if (info === large) await collectGarbage(handle.store, { graceMs: 0, maxSizeBytes: 0 });
        const pieces = [first.value as Uint8Array];
        for (let next = await reading.next(); next.done !== true; next = await reading.next()) pieces.push(next.value);
        expect(blobInfoOf(Buffer.concat(pieces))).toEqual(info);
      }
    } finally {
      await handle.close();
    }
  });
});
