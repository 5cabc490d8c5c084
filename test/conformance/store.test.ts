import { actionCacheSuite } from "../suites/action-cache-suite.js";
import { blobStoreSuite } from "../suites/blob-store-suite.js";
import { directoryStoreSuite } from "../suites/directory-store-suite.js";
import { pathInfoStoreSuite } from "../suites/path-info-store-suite.js";
import type { OpenStore } from "../suites/store-handle.js";
import { treeViewSuite } from "../suites/tree-view-suite.js";
import { openDisk, openMemory } from "./open-stores.js";

const stores: Record<string, OpenStore> = { memory: () => openMemory(), disk: () => openDisk() };

for (const [name, open] of Object.entries(stores)) {
  blobStoreSuite(name, open);
  directoryStoreSuite(name, open);
  pathInfoStoreSuite(name, open);
  actionCacheSuite(name, open);
  treeViewSuite(name, open);
}
