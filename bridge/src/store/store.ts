import type { ActionCache } from "./action-cache.js";
import type { BlobStore } from "./blob-store.js";
import type { DirectoryStore } from "./directory-store.js";
import type { PathInfoStore } from "./path-info-store.js";
import type { TreeView } from "./tree-view.js";

/** The parts of one store, over one place. */
export interface Store extends AsyncDisposable {
  readonly blobs: BlobStore;
  readonly directories: DirectoryStore;
  readonly pathInfos: PathInfoStore;
  readonly actionCache: ActionCache;
  readonly trees: TreeView;
  /** Small facts of other rooms that live and die with the state (build logs' places, verdicts of probes), by a key of theirs. */
  readonly notes: NoteStore;
}

/** A tiny key-value store for other rooms. Keys are ASCII and begin with the room's name and `/`; values are at most 64 KiB. */
export interface NoteStore {
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, value: Uint8Array): Promise<void>;
  remove(key: string): Promise<void>;
}
