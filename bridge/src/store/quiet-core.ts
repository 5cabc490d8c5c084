import { createBlobIndex } from "./blobs/blob-index.js";
import { createIndexedBlobStore } from "./blobs/create-indexed-blob-store.js";
import type { UsageLog } from "./index-db/usage-log.js";
import type { StoreCore } from "./store-core.js";

/** The same store for one who looks around without that counting as a use: the garbage collector, the verifier. */
export function quietCoreOf(core: StoreCore): StoreCore {
  const usage: UsageLog = { ...core.usage, touch: () => undefined, flush: () => Promise.resolve() };
  const blobIndex = createBlobIndex(core.index, usage, (place, size) => core.contents.mayHold(place, size));
  const blobs = createIndexedBlobStore({ ...core, blobIndex, persistence: core.blobs.supports.persistence });
  return { ...core, usage, blobIndex, blobs };
}
