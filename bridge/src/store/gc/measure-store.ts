import { Code, StatusError } from "../../status/index.js";
import { coreOf } from "../compose-store.js";
import type { Store } from "../store.js";
import { itemsOf } from "./store-items.js";

/** What a store holds. */
export interface StoreSize {
  /** Contents and messages, without what packs hold of removed blobs: what {@link collectGarbage} bounds. */
  readonly sizeBytes: number;
  readonly blobs: number;
  readonly actionResults: number;
  readonly pathInfos: number;
}

/**
 * Adds up what a store holds, while it is used. Looks at every entry of the index, a page at a time.
 *
 * @throws StatusError Unimplemented for a store that is not of this machine; Cancelled.
 */
export async function measureStore(store: Store, options: { readonly signal?: AbortSignal } = {}): Promise<StoreSize> {
  const core = coreOf(store);
  if (core === undefined) throw new StatusError(Code.Unimplemented, "only a store of this machine can be measured");
  await core.records.flushIfRoom();
  const counts = { blobs: 0, actions: 0, "path-infos": 0, directories: 0 };
  let sizeBytes = 0;
  for await (const item of itemsOf(core)) {
    if (options.signal?.aborted === true) throw new StatusError(Code.Cancelled, "the measuring was stopped");
    counts[item.table]++;
    sizeBytes += item.sizeBytes;
  }
  return { sizeBytes, blobs: counts.blobs, actionResults: counts.actions, pathInfos: counts["path-infos"] };
}
