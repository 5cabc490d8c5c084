import { tableNames, type IndexDb, type Range, type Table, type TableEntry, type TableName } from "./index-db.js";

/** An index that lives as long as the process. */
export function createMemoryIndex(): IndexDb {
  const tables = Object.fromEntries(tableNames.map((name) => [name, createMemoryTable()]));
  return {
    tables: tables as Record<TableName, Table>,
    write: async (body) => body(),
    async putAll(entries) {
      for (const { table, key, value } of entries) tables[table]!.put(key, value);
    },
    flushed: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

/** A table over a `Map` whose sorted keys are only kept once somebody has asked for a range. */
function createMemoryTable(): Table {
  const entries = new Map<string, Uint8Array>();
  let sorted: string[] | undefined;
  const keyOf = (key: Uint8Array): string => Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1");

  return {
    get: (key) => entries.get(keyOf(key)),
    has: (key) => entries.has(keyOf(key)),
    put(key, value) {
      const text = keyOf(key);
      if (sorted !== undefined && !entries.has(text)) sorted.splice(lowerBound(sorted, text), 0, text);
      entries.set(text, Uint8Array.from(value));
    },
    remove(key) {
      const text = keyOf(key);
      if (entries.delete(text) && sorted !== undefined) sorted.splice(lowerBound(sorted, text), 1);
    },
    entries(range: Range = {}): TableEntry[] {
      sorted ??= [...entries.keys()].sort();
      const from = range.start === undefined ? 0 : lowerBound(sorted, keyOf(range.start));
      let to = range.end === undefined ? sorted.length : lowerBound(sorted, keyOf(range.end));
      if (range.limit !== undefined) to = Math.min(to, from + range.limit);
      return sorted
        .slice(from, to)
        .map((key) => ({ key: Buffer.from(key, "latin1"), value: entries.get(key) ?? new Uint8Array() }));
    },
  };
}

/** The first place in `sorted` whose key is not less than `key`. */
function lowerBound(sorted: readonly string[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
