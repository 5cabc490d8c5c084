import { withVerifiedReads, type Store } from "@causeway/bridge/store";
import { actionCacheSuite } from "../suites/action-cache-suite.js";
import { blobStoreSuite } from "../suites/blob-store-suite.js";
import { directoryStoreSuite } from "../suites/directory-store-suite.js";
import { pathInfoStoreSuite } from "../suites/path-info-store-suite.js";
import type { OpenStore } from "../suites/store-handle.js";
import { treeViewSuite } from "../suites/tree-view-suite.js";
import { openDisk, openMemory } from "./open-stores.js";

const stores: Record<string, OpenStore> = { memory: () => openMemory(), disk: () => openDisk() };

function verified(open: OpenStore): OpenStore {
  const wrap = (store: Store): Store => ({ ...store, blobs: withVerifiedReads(store.blobs) });
  return async () => {
    const handle = await open();
    return { ...handle, store: wrap(handle.store), reopen: async () => wrap(await handle.reopen()) };
  };
}

for (const [name, open] of Object.entries(stores)) {
  blobStoreSuite(name, open);
  blobStoreSuite(`verified reads of ${name}`, verified(open));
  directoryStoreSuite(name, open);
  pathInfoStoreSuite(name, open);
  actionCacheSuite(name, open);
  treeViewSuite(name, open);
}
