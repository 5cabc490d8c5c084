import type { Gate } from "../gate.js";
import type { BlobContents, SmallBlob } from "./blob-contents.js";
import type { BlobIndex } from "./blob-index.js";

interface Waiting {
  readonly blobs: readonly SmallBlob[];
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** One append to a pack is at most about this large, so that a batch of a huge upload does not hold everything twice in memory. */
const GROUP_BYTES_MAX = 16 * 1024 * 1024;

/** Stores lists of small blobs, each list all or nothing. */
export type SmallBlobCommitter = (blobs: readonly SmallBlob[]) => Promise<void>;

/**
 * Creates the committer. Lists that arrive while one is being stored are stored together afterwards: one append. As only one
 * group is under way, a blob that many bring at once is stored once.
 */
export function createSmallBlobCommitter(blobIndex: BlobIndex, contents: BlobContents, gate: Gate): SmallBlobCommitter {
  const queue: Waiting[] = [];
  let running = false;

  async function store(group: readonly Waiting[]): Promise<void> {
    const fresh = new Map<string, SmallBlob>();
    for (const { blobs } of group)
      for (const blob of blobs) {
        const record = blobIndex.findByBlake3(blob.info.blake3);
        if (record !== undefined) blobIndex.touch(record);
        else fresh.set(blob.info.blake3, blob);
      }
    if (fresh.size === 0) return;
    await blobIndex.room();
    const list = [...fresh.values()];
    const places = await contents.putSmall(list);
    blobIndex.add(
      list.map(({ info }, i) => ({ info, place: places[i]! })),
      contents.watermarks(),
    );
  }

  function takeGroup(): Waiting[] {
    let sizeBytes = 0;
    let count = 0;
    for (const { blobs } of queue) {
      for (const { bytes } of blobs) sizeBytes += bytes.byteLength;
      if (count > 0 && sizeBytes > GROUP_BYTES_MAX) break;
      count++;
    }
    return queue.splice(0, count);
  }

  async function run(): Promise<void> {
    while (queue.length > 0) {
      const group = takeGroup();
      try {
        await gate.shared(() => store(group));
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    running = false;
  }

  return (blobs) =>
    new Promise((resolve, reject) => {
      queue.push({ blobs, resolve, reject });
      if (running) return;
      running = true;
      queueMicrotask(() => void run());
    });
}
