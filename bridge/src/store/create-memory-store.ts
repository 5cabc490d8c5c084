import { createMemoryContents } from "./blobs/create-memory-contents.js";
import { systemClock, type Clock } from "./clock.js";
import { composeStore, type LocalStore } from "./compose-store.js";
import { createMemoryIndex } from "./index-db/create-memory-index.js";

/** A store that lives as long as the process: for tests, and for programs that need nothing to stay. */
export function createMemoryStore(options: { readonly clock?: Clock } = {}): LocalStore {
  return composeStore({
    index: createMemoryIndex(),
    contents: createMemoryContents(),
    clock: options.clock ?? systemClock,
    readOnly: false,
    persistence: false,
    release: () => Promise.resolve(),
  });
}
