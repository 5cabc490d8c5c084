import { Code, hasCode } from "../status/index.js";
import type { BlobStore } from "../store/index.js";
import type { Metrics } from "./create-metrics.js";

/** Counts which blobs are asked for and found. Whatever else the store can do stays as it is. */
export function withBlobMetrics<Blobs extends BlobStore>(blobs: Blobs, metrics: Metrics): Blobs {
  return {
    ...blobs,
    async *read(digest, options) {
      try {
        yield* blobs.read(digest, options);
        metrics.blobsRead(1, 0);
      } catch (error) {
        if (hasCode(error, Code.NotFound)) metrics.blobsRead(0, 1);
        throw error;
      }
    },
    async readMany(digests, options) {
      const found = await blobs.readMany(digests, options);
      const missing = found.filter((bytes) => bytes === undefined).length;
      metrics.blobsRead(found.length - missing, missing);
      return found;
    },
    async findMissing(digests, options) {
      const missing = await blobs.findMissing(digests, options);
      metrics.blobsAskedFor(digests.length, missing.length);
      return missing;
    },
  } satisfies BlobStore;
}
