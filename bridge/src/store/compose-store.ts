import type { BlobContents } from "./blobs/blob-contents.js";
import { createBlobIndex } from "./blobs/blob-index.js";
import { createBlobRecords } from "./blobs/blob-records.js";
import { createIndexedBlobStore, type LocalBlobStore } from "./blobs/create-indexed-blob-store.js";
import type { Clock } from "./clock.js";
import { createGate } from "./gate.js";
import { createGeneration } from "./index-db/generation.js";
import type { IndexDb } from "./index-db/index-db.js";
import type { Journal } from "./index-db/journal.js";
import { createUsageLog } from "./index-db/usage-log.js";
import { withJournal, withoutJournal } from "./index-db/with-journal.js";
import { createActionCache } from "./meta/create-action-cache.js";
import { createCompleteness } from "./meta/completeness.js";
import { createDirectoryStore } from "./meta/create-directory-store.js";
import { createNoteStore } from "./meta/create-note-store.js";
import { createPathInfoStore, isRegistrable } from "./meta/create-path-info-store.js";
import { createTreeView } from "./meta/create-tree-view.js";
import type { StoreCore } from "./store-core.js";
import type { Store } from "./store.js";

/** What differs between the leaves. */
export interface StoreLeaf {
  readonly index: IndexDb;
  /** Where entries wait for the index; without one each waits for a transaction. */
  readonly journal?: Journal;
  readonly contents: BlobContents;
  readonly clock: Clock;
  readonly readOnly: boolean;
  readonly persistence: boolean;
  /** Called last when the store is closed. */
  release(): Promise<void>;
}

/** A store of this machine. */
export interface LocalStore extends Store {
  readonly blobs: LocalBlobStore;
}

const cores = new WeakMap<Store, StoreCore>();

/** The inner parts of a store that {@link composeStore} made, for the operations that look below the interfaces; `undefined` for another. */
export function coreOf(store: Store): StoreCore | undefined {
  return cores.get(store);
}

/** Puts the parts of a store together over an index and contents. */
export function composeStore(leaf: StoreLeaf): LocalStore {
  const { contents, readOnly } = leaf;
  const records = createBlobRecords(leaf.index, !readOnly);
  const index = leaf.journal === undefined ? withoutJournal(records.index) : withJournal(records.index, leaf.journal);
  const usage = createUsageLog(index, leaf.clock, readOnly);
  const gate = createGate();
  const generation = createGeneration(index);
  const blobIndex = createBlobIndex(records, usage, (place, sizeBytes) => contents.mayHold(place, sizeBytes));
  const blobs = createIndexedBlobStore({ ...leaf, index, blobIndex, gate, generation });
  const { recovered } = contents;
  if (recovered.blobs.length > 0) blobIndex.add(recovered.blobs, recovered.marks);
  const core: StoreCore = { index, records, blobIndex, contents, blobs, usage, gate, generation, readOnly };
  index.recover((entries) => isRegistrable(core, entries));
  const completeness = createCompleteness(core);
  const directories = createDirectoryStore(core);
  let closed = false;
  const store: LocalStore = {
    blobs,
    directories,
    pathInfos: createPathInfoStore(core, completeness),
    actionCache: createActionCache(core, completeness),
    trees: createTreeView(core, directories),
    notes: createNoteStore(core),
    async [Symbol.asyncDispose]() {
      if (closed) return;
      closed = true;
      await usage.flush();
      // What finds no room is found again in the packs when the store is opened.
      await records.flush().catch(() => undefined);
      await contents.close();
      await index.close();
      await leaf.release();
    },
  };
  cores.set(store, core);
  return store;
}
