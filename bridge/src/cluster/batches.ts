import type { Digest } from "../digest/index.js";

/** What stands around a blob in a message. */
const AROUND_BLOB = 128;
/** In one batch: servers look each up, and answer only when all are done. */
const BLOBS_PER_BATCH = 1000;

/** Small blobs in batches, and those that are too large for it. */
export interface Batches {
  readonly batches: readonly (readonly Digest[])[];
  readonly large: readonly Digest[];
}

/**
 * Puts blobs together so that no batch is larger than a server takes. One that would fill much of a batch alone is not in any: a stream is as
 * good for it.
 */
export function inBatches(digests: readonly Digest[], batchBytesMax: number): Batches {
  const batches: Digest[][] = [];
  const large: Digest[] = [];
  let current: Digest[] = [];
  let bytes = 0;
  for (const digest of digests) {
    const size = digest.sizeBytes + AROUND_BLOB;
    if (size > batchBytesMax / 2) {
      large.push(digest);
      continue;
    }
    if (bytes + size > batchBytesMax || current.length === BLOBS_PER_BATCH) {
      batches.push(current);
      current = [];
      bytes = 0;
    }
    current.push(digest);
    bytes += size;
  }
  if (current.length > 0) batches.push(current);
  return { batches, large };
}
