import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { blobInfoOf, digestFunctions, digestOf, emptyBlob, type Digest } from "@causeway/bridge/digest";
import { Code } from "@causeway/bridge/status";
import type { BlobStore } from "@causeway/bridge/store";
import { collect, oneShot, seededBytes } from "./bytes.js";
import type { OpenStore, StoreHandle } from "./store-handle.js";

/** Around the border between packs and files, and past the largest message of gRPC. */
const SIZES = [1, 1_000, 128 * 1024, 128 * 1024 + 1, 1_048_576, 5_000_001];

const rejectsWith = (code: Code): unknown => expect.objectContaining({ name: "StatusError", code });

/** What every {@link BlobStore} must do. */
export function blobStoreSuite(name: string, open: OpenStore): void {
  describe(`blob store: ${name}`, () => {
    let handle: StoreHandle;
    let blobs: BlobStore;
    beforeEach(async () => {
      handle = await open();
      blobs = handle.store.blobs;
    });
    afterEach(() => handle.close());

    const absent: Digest = digestOf(blobInfoOf(Buffer.from("never stored")), "blake3");

    it("always has the empty blob", async () => {
      for (const fn of digestFunctions) {
        const empty = digestOf(emptyBlob, fn);
        expect(await collect(blobs.read(empty))).toHaveLength(0);
        expect(await blobs.stat(empty)).toEqual(emptyBlob);
        expect(await blobs.findMissing([empty, empty])).toEqual([]);
        expect(await blobs.readMany([empty])).toEqual([new Uint8Array()]);
      }
      expect(await blobs.write(oneShot(new Uint8Array()))).toEqual(emptyBlob);
    });

    it.each(SIZES)("gives back %i bytes under both digests, whole and in part", async (size) => {
      const bytes = seededBytes(size, size);
      const info = await blobs.write(oneShot(bytes));
      expect(info).toEqual(blobInfoOf(bytes));
      for (const fn of digestFunctions) {
        const digest = digestOf(info, fn);
        expect((await collect(blobs.read(digest))).equals(bytes)).toBe(true);
        const offset = Math.floor(size / 3);
        const part = await collect(blobs.read(digest, { offset, length: 100 }));
        expect(part.equals(bytes.subarray(offset, offset + 100))).toBe(true);
        expect(await collect(blobs.read(digest, { offset: size }))).toHaveLength(0);
        expect(await blobs.stat(digest)).toEqual(info);
        expect(await blobs.findMissing([digest])).toEqual([]);
      }
    });

    it("takes a blob in a thousand small pieces", async () => {
      const bytes = seededBytes(300_000, 5);
      const info = await blobs.write(oneShot(bytes, 300));
      expect((await collect(blobs.read(digestOf(info, "sha256")))).equals(bytes)).toBe(true);
    });

    it.each([0, -1, 5_000_001])("answers OutOfRange or nothing for offsets at the ends (%i)", async (offset) => {
      const info = await blobs.write(oneShot(seededBytes(10, 1)));
      const read = collect(blobs.read(digestOf(info, "blake3"), { offset }));
      if (offset === 0) expect(await read).toHaveLength(10);
      else await expect(read).rejects.toEqual(rejectsWith(Code.OutOfRange));
    });

    it("answers NotFound for a blob it does not have, and undefined in batches and stats", async () => {
      await expect(collect(blobs.read(absent))).rejects.toEqual(rejectsWith(Code.NotFound));
      expect(await blobs.stat(absent)).toBeUndefined();
      expect(await blobs.findMissing([absent, absent])).toEqual([absent]);
      const [info] = await blobs.writeMany([{ bytes: Buffer.from("here") }]);
      expect(await blobs.readMany([absent, digestOf(info!, "sha256")])).toEqual([undefined, expect.anything()]);
    });

    it("takes the right hash with another size for another blob", async () => {
      const info = await blobs.write(oneShot(seededBytes(100, 2)));
      for (const fn of digestFunctions) {
        const wrong = { ...digestOf(info, fn), sizeBytes: 99 };
        await expect(collect(blobs.read(wrong))).rejects.toEqual(rejectsWith(Code.NotFound));
        expect(await blobs.findMissing([wrong])).toEqual([wrong]);
        expect(await blobs.stat(wrong)).toBeUndefined();
      }
    });

    it.each([50, 200_000])(
      "refuses %i bytes that are not what was announced, and does not have them afterwards",
      async (size) => {
        const bytes = seededBytes(size, 3);
        const info = blobInfoOf(bytes);
        const other = blobInfoOf(seededBytes(size, 4));
        for (const fn of digestFunctions)
          for (const announced of [
            digestOf(other, fn),
            { ...digestOf(info, fn), sizeBytes: size - 1 },
            { ...digestOf(info, fn), sizeBytes: size + 1 },
          ]) {
            const source = oneShot(bytes, 20_000);
            await expect(blobs.write(source, announced)).rejects.toEqual(rejectsWith(Code.InvalidArgument));
            expect(source.isClosed()).toBe(true);
            await expect(blobs.writeMany([{ bytes, expected: announced }])).rejects.toEqual(
              rejectsWith(Code.InvalidArgument),
            );
            expect(await blobs.findMissing([announced, digestOf(info, fn)])).toHaveLength(2);
          }
      },
    );

    it("checks what a client sends also when the blob is here", async () => {
      const bytes = seededBytes(1_000, 6);
      const info = await blobs.write(oneShot(bytes));
      await expect(blobs.write(oneShot(seededBytes(1_000, 7)), digestOf(info, "sha256"))).rejects.toEqual(
        rejectsWith(Code.InvalidArgument),
      );
      expect(await blobs.write(oneShot(bytes), digestOf(info, "sha256"))).toEqual(info);
    });

    it("stores all of a batch or nothing", async () => {
      const good = { bytes: seededBytes(10, 8) };
      const bad = { bytes: seededBytes(10, 9), expected: absent };
      await expect(blobs.writeMany([good, bad])).rejects.toEqual(rejectsWith(Code.InvalidArgument));
      expect(await blobs.stat(digestOf(blobInfoOf(good.bytes), "blake3"))).toBeUndefined();
    });

    it("reads a batch in the order of the request, doubles included", async () => {
      const contents = Array.from({ length: 300 }, (_, i) => seededBytes(1 + ((i * 7919) % 5_000), i));
      const infos = await blobs.writeMany(contents.map((bytes) => ({ bytes })));
      const large = await blobs.write(oneShot(seededBytes(150_000, 77)));
      const order = [...infos.toReversed(), large, ...infos];
      const read = await blobs.readMany(order.map((info, i) => digestOf(info, i % 2 === 0 ? "blake3" : "sha256")));
      read.forEach((bytes, i) => {
        expect(blobInfoOf(bytes!)).toEqual(order[i]);
      });
    });

    it("closes the source when it fails, and has nothing of it", async () => {
      const bytes = seededBytes(400_000, 10);
      const source = oneShot(bytes, 50_000, 300_000);
      await expect(blobs.write(source)).rejects.toThrow("the source failed");
      expect(source.isClosed()).toBe(true);
      expect(await blobs.stat(digestOf(blobInfoOf(bytes), "blake3"))).toBeUndefined();
    });

    it("gives up when the signal aborts, also while the source is silent", async () => {
      const controller = new AbortController();
      async function* silent(): AsyncGenerator<Uint8Array, void, undefined> {
        yield seededBytes(10, 11);
        await new Promise(() => undefined);
      }
      const written = blobs.write(silent(), undefined, { signal: controller.signal });
      setImmediate(() => {
        controller.abort();
      });
      await expect(written).rejects.toEqual(rejectsWith(Code.Cancelled));
      const info = await blobs.write(oneShot(seededBytes(3_000_000, 12)));
      const read = collect(blobs.read(digestOf(info, "blake3"), { signal: controller.signal }));
      await expect(read).rejects.toEqual(rejectsWith(Code.Cancelled));
    });

    it.each([5_000, 300_000])("stores %i equal bytes of a hundred writers once", async (size) => {
      const bytes = seededBytes(size, 13);
      const infos = await Promise.all(
        Array.from({ length: 100 }, (_, i) =>
          i % 2 === 0 || size > 100_000
            ? blobs.write(oneShot(bytes))
            : blobs.writeMany([{ bytes }]).then(([info]) => info!),
        ),
      );
      for (const info of infos) expect(info).toEqual(blobInfoOf(bytes));
      expect((await collect(blobs.read(digestOf(infos[0]!, "sha256")))).equals(bytes)).toBe(true);
    });

    it("lets a reader stop early, a hundred times", async () => {
      const info = await blobs.write(oneShot(seededBytes(4_000_000, 14)));
      for (let i = 0; i < 100; i++)
        for await (const piece of blobs.read(digestOf(info, "blake3"))) {
          expect(piece.byteLength).toBeGreaterThan(0);
          break;
        }
    });

    it("still has everything after reopening, if it says so", async () => {
      if (!blobs.supports.persistence) return;
      const contents = [seededBytes(100, 15), seededBytes(1_000_000, 16)];
      const infos = [await blobs.write(oneShot(contents[0]!)), await blobs.write(oneShot(contents[1]!))];
      const again = (await handle.reopen()).blobs;
      for (const [i, info] of infos.entries())
        expect((await collect(again.read(digestOf(info, "sha256")))).equals(contents[i]!)).toBe(true);
    });
  });
}
