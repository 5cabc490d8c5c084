import { decodeBlobRecord, type BlobRecord } from "../blobs/blob-record.js";
import type { DiskContents } from "../blobs/create-disk-contents.js";
import { RECORD_HEADER_BYTES } from "../blobs/pack-format.js";
import type { StoreCore } from "../store-core.js";

/** A pack is rewritten when less than this of it is live: each byte of disk is then copied at most some three times in its life. */
const LIVE_SHARE_MIN = 0.7;

/** Smaller packs are left as they are, unless nothing in them is live. */
const PACK_BYTES_MIN = 1024 * 1024;

/** Blobs copied at once. */
const BATCH_BYTES = 8 * 1024 * 1024;

const PAGE = 4_096;

/**
 * Rewrites packs that hold much of removed blobs, and deletes those that hold nothing else.
 *
 * @returns the bytes of disk given back.
 * @throws StatusError ResourceExhausted if there is no room for the copies; nothing is lost then.
 */
export async function compactPacks(core: StoreCore, disk: DiskContents): Promise<number> {
  let freed = 0;
  const live = await core.gate.exclusive(() => liveBytes(core));
  const sparse = [...disk.packs.lengths()].flatMap(([pack, length]) => {
    const share = (live.get(pack) ?? 0) / length;
    return share < LIVE_SHARE_MIN && (length >= PACK_BYTES_MIN || share === 0) ? [{ pack, share }] : [];
  });
  // The emptiest first: they cost least and make room for the others.
  for (const { pack } of sparse.sort((a, b) => a.share - b.share))
    freed += await core.gate.exclusive(() => rewrite(core, disk, pack));
  return freed;
}

async function* recordsInPacks(core: StoreCore): AsyncGenerator<BlobRecord, void, undefined> {
  let start: Uint8Array = Buffer.alloc(0);
  for (;;) {
    const page = core.index.tables.blobs.entries({ start, limit: PAGE });
    for (const { key, value } of page) {
      const record = decodeBlobRecord(Buffer.from(key).toString("hex"), value);
      if (record.place.kind === "pack") yield record;
    }
    if (page.length < PAGE) return;
    start = Buffer.concat([page.at(-1)!.key, Buffer.from([0])]);
    await new Promise(setImmediate);
  }
}

async function liveBytes(core: StoreCore): Promise<Map<number, number>> {
  await core.records.flush();
  const live = new Map<number, number>();
  for await (const { place, info } of recordsInPacks(core))
    if (place.kind === "pack") live.set(place.pack, (live.get(place.pack) ?? 0) + info.sizeBytes + RECORD_HEADER_BYTES);
  return live;
}

async function rewrite(core: StoreCore, disk: DiskContents, pack: number): Promise<number> {
  // What the index does not know yet would go with the pack.
  await core.records.flush();
  const length = disk.packs.lengths().get(pack) ?? 0;
  if (disk.packs.active() === pack) disk.packs.roll();
  let copied = 0;
  let batch: BlobRecord[] = [];
  let batchBytes = 0;
  const flush = async (): Promise<void> => {
    copied += await move(core, disk, batch);
    batch = [];
    batchBytes = 0;
  };
  for await (const record of recordsInPacks(core)) {
    if (record.place.kind !== "pack" || record.place.pack !== pack) continue;
    batch.push(record);
    batchBytes += record.info.sizeBytes;
    if (batchBytes >= BATCH_BYTES) await flush();
  }
  await flush();
  // A loss of power may take back the last commits: the copies and the index that names them are on disk before the original goes.
  await disk.packs.flush();
  await core.index.flushed();
  disk.packs.remove(pack);
  return length - copied;
}

/** Copies blobs to the newest pack, as they are: whether they are right is for the reader to find. */
async function move(core: StoreCore, disk: DiskContents, records: readonly BlobRecord[]): Promise<number> {
  if (records.length === 0) return 0;
  const contents = await disk.readSmall(records);
  const whole = records.flatMap((record, i) => {
    const bytes = contents[i];
    return bytes?.byteLength === record.info.sizeBytes ? [{ record, info: record.info, bytes }] : [];
  });
  const places = whole.length === 0 ? [] : await disk.putSmall(whole);
  const marks = disk.watermarks();
  await core.index.write(() => {
    const moved = new Set<string>();
    for (const [i, { record }] of whole.entries()) {
      moved.add(record.info.blake3);
      core.records.put({ ...record, place: places[i]! });
    }
    if (moved.size < records.length) core.generation.bump();
    for (const { info } of records) if (!moved.has(info.blake3)) core.blobIndex.remove(info);
    for (const { key, value } of marks) core.index.tables.meta.put(key, value);
  });
  return whole.reduce((sum, { bytes }) => sum + bytes.byteLength + RECORD_HEADER_BYTES, 0);
}
