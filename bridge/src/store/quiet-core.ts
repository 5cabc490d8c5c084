import { createBlobIndex } from "./blobs/blob-index.js";
import { createIndexedBlobStore } from "./blobs/create-indexed-blob-store.js";
import { Code, StatusError } from "../status/index.js";
import type { IndexDb } from "./index-db/index-db.js";
import type { UsageLog } from "./index-db/usage-log.js";
import type { StoreCore } from "./store-core.js";

/**
 * The same store for one who looks around without that counting as a use, and without damaged blobs being dropped: the garbage collector, the
 * verifier. Its index can still be written to.
 */
export function quietCoreOf(core: StoreCore): StoreCore {
  const usage: UsageLog = {
    ...core.usage,
    isFresh: () => true,
    touch: () => undefined,
    flush: () => Promise.resolve(),
  };
  const blobIndex = createBlobIndex(core.records, usage, (place, size) => core.contents.mayHold(place, size));
  const index: IndexDb = {
    ...core.index,
    write: () => Promise.reject(new StatusError(Code.FailedPrecondition, "this view of the store changes nothing")),
  };
  const blobs = createIndexedBlobStore({ ...core, index, blobIndex, persistence: core.blobs.supports.persistence });
  return { ...core, usage, blobIndex, blobs };
}
