import { describe, expect, it } from "vitest";
import { digestBytes, type Digest } from "#src/digest/index.js";
import { byteStringOf, encodeActionResult } from "#src/formats/index.js";
import {
  createMemoryStore,
  keepWithinSize,
  measureStore,
  type GarbageReport,
  type LocalStore,
  type StoreSize,
} from "#src/store/index.js";

/** Not too small for the sizes of the messages beside them to matter. */
const BLOB_BYTES = 10_000;

async function fill(store: LocalStore, count: number): Promise<Digest[]> {
  const blobs = Array.from({ length: count }, (_, index) => Buffer.alloc(BLOB_BYTES, index + 1));
  await store.blobs.writeMany(blobs.map((bytes) => ({ bytes })));
  return blobs.map((bytes) => digestBytes("sha256", bytes));
}

describe("a store that is kept within its size", () => {
  it("is measured", async () => {
    await using store = createMemoryStore();
    const [first] = await fill(store, 3);
    const result = encodeActionResult({
      outputFiles: [{ path: byteStringOf("out"), digest: first!, isExecutable: false }],
      outputDirectories: [],
      outputSymlinks: [],
      exitCode: 0,
    });
    await store.actionCache.put(digestBytes("sha256", Buffer.from("action")), result);
    const size = await measureStore(store);
    expect(size).toMatchObject({ blobs: 3, actionResults: 1, pathInfos: 0 });
    expect(size.sizeBytes).toBeGreaterThan(3 * BLOB_BYTES);
    expect(size.sizeBytes).toBeLessThan(3 * BLOB_BYTES + 1_000);
  });

  async function keep(
    store: LocalStore,
    options: { maxSizeBytes?: number; graceMs?: number },
  ): Promise<{ measured: StoreSize[]; collected: GarbageReport[] }> {
    const measured: StoreSize[] = [];
    const collected: GarbageReport[] = [];
    let looked = (): void => undefined;
    const twice = new Promise<void>((resolve) => (looked = resolve));
    const retention = keepWithinSize({
      store,
      lowWaterPercent: 50,
      graceMs: 0,
      checkMs: 1,
      ...options,
      onMeasure(size) {
        if (measured.push(size) === 2) looked();
      },
      onCollect: (report) => void collected.push(report),
      onError: (error) => {
        throw error;
      },
    });
    await twice;
    await retention[Symbol.asyncDispose]();
    return { measured, collected };
  }

  it("collects down to the low water mark, and then rests", async () => {
    await using store = createMemoryStore();
    const digests = await fill(store, 10);
    const { measured, collected } = await keep(store, { maxSizeBytes: 8 * BLOB_BYTES });
    expect(collected).toHaveLength(1);
    expect(measured[1]!.sizeBytes).toBeLessThanOrEqual(4 * BLOB_BYTES);
    expect(measured[1]!.blobs).toBe(4);
    expect(await store.blobs.findMissing(digests)).toHaveLength(6);
  });

  it("removes nothing while it fits, without a limit, or within the grace period", async () => {
    await using store = createMemoryStore();
    await fill(store, 10);
    expect((await keep(store, { maxSizeBytes: 11 * BLOB_BYTES })).collected).toEqual([]);
    expect((await keep(store, {})).collected).toEqual([]);
    const { collected } = await keep(store, { maxSizeBytes: BLOB_BYTES, graceMs: 3_600_000 });
    expect(collected.map(({ blobs }) => blobs)).toEqual(collected.map(() => 0));
    expect((await measureStore(store)).blobs).toBe(10);
  });
});
