import type { Store } from "@causeway/bridge/store";

/** A store under test. */
export interface StoreHandle {
  readonly store: Store;
  /** Closes it and opens the same state again; only where `blobs.supports.persistence`. */
  reopen(): Promise<Store>;
  /** Closes it and removes everything. */
  close(): Promise<void>;
}

/** Opens a store that nobody has used. */
export type OpenStore = () => Promise<StoreHandle>;
