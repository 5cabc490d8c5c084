import type { IndexDb } from "./index-db.js";

/**
 * Counts the times at which something may have vanished from the store. What was found complete in this generation still is: a check of all
 * that a tree names is paid once, not at each use.
 */
export interface Generation {
  current(): number;
  /** Inside of a transaction: the one that removes things. */
  bump(): void;
}

const KEY = Buffer.from("generation", "latin1");

export function createGeneration(index: IndexDb): Generation {
  const read = (): number => {
    const value = index.tables.meta.get(KEY);
    return value === undefined ? 1 : Buffer.from(value).readUInt32LE();
  };
  return {
    current: read,
    bump() {
      const value = Buffer.alloc(4);
      value.writeUInt32LE((read() + 1) >>> 0);
      index.tables.meta.put(KEY, value);
    },
  };
}
