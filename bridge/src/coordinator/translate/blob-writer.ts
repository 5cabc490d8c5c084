import { digestKey } from "../../digest/index.js";
import type { BlobStore, Clock } from "../../store/index.js";
import type { NewBlob } from "./input-root.js";
import { createRecentMap } from "./recent-map.js";

/** Blobs remembered as written: those of the last few hundred Actions. */
const WRITTEN_MAX = 10_000;
/** Well within the grace period in which nothing that was written is collected. */
const WRITTEN_TTL_MS = 5 * 60_000;

/** Stores the messages of Actions, in one commit each. */
export interface BlobWriter {
  /** @param blobs of one Action, its own message last. @throws StatusError as {@link BlobStore.writeMany}. */
  write(blobs: readonly NewBlob[]): Promise<void>;
}

/** A writer that does not store again what it stored a moment ago: most of an Action is the same as in the one before. */
export function createBlobWriter(store: BlobStore, clock: Clock): BlobWriter {
  const written = createRecentMap<true>({ entriesMax: WRITTEN_MAX, ttlMs: WRITTEN_TTL_MS, clock });
  return {
    async write(blobs: readonly NewBlob[]): Promise<void> {
      // An Action that was prepared before is prepared again because something went wrong with it: then nothing is taken for granted.
      const isRepeated = blobs.length > 0 && written.get(digestKey(blobs.at(-1)!.expected)) !== undefined;
      const unknown = new Map<string, NewBlob>();
      for (const blob of blobs) {
        const key = digestKey(blob.expected);
        if (isRepeated || written.get(key) === undefined) unknown.set(key, blob);
      }
      if (unknown.size > 0) await store.writeMany([...unknown.values()]);
      for (const key of unknown.keys()) written.set(key, true);
    },
  };
}
