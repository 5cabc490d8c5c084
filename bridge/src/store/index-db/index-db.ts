/** The tables of the index. Each one's keys and values are described where they are encoded. */
export const tableNames = [
  "blobs",
  "sha256",
  "directories",
  "path-infos",
  "referrers",
  "realisations",
  "actions",
  "views",
  "views-back",
  "notes",
  "meta",
] as const;

/** The name of a table. */
export type TableName = (typeof tableNames)[number];

/** Where a scan of a table begins and ends; keys are ordered by their bytes. */
export interface Range {
  /** First key, included; the first of the table unless said. */
  readonly start?: Uint8Array;
  /** The key before which it ends; the end of the table unless said. */
  readonly end?: Uint8Array;
  /** At most so many entries. */
  readonly limit?: number;
}

/** One entry of a table. */
export interface TableEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/**
 * A sorted table of bytes. Reading is synchronous, because the index is mapped into memory: a look-up costs about a microsecond, less than a
 * promise would add. Outside of {@link IndexDb.write} it reads what was last committed, inside what is being written.
 */
export interface Table {
  get(key: Uint8Array): Uint8Array | undefined;
  has(key: Uint8Array): boolean;
  /** The entries at the time of the call: a finished list, so that nothing is held open. Ask for slices of large tables. */
  entries(range?: Range): TableEntry[];
  /** Only inside of {@link IndexDb.write}. The key is at most 1,024 bytes. */
  put(key: Uint8Array, value: Uint8Array): void;
  /** Only inside of {@link IndexDb.write}. Nothing happens if there is no such key. */
  remove(key: Uint8Array): void;
}

/** One entry to put. */
export interface PutEntry extends TableEntry {
  readonly table: TableName;
}

/** How to write. */
export interface WriteOptions {
  /** Allowed when the disk is as good as full, because room follows from it. */
  readonly makesRoom?: boolean;
}

/** The index of a store: tables that change together. */
export interface IndexDb {
  readonly tables: Readonly<Record<TableName, Table>>;

  /**
   * Runs `body` as one transaction, after all earlier ones: nothing else changes meanwhile, and its changes are seen by others all at once.
   * When the promise resolves they survive the death of the process. A body that throws must do so **before** its first change: transactions
   * are grouped, and one of a group cannot be rolled back alone.
   *
   * @throws StatusError ResourceExhausted if the disk is full (nothing was changed then); FailedPrecondition if the index is open for reading
   *   only; whatever `body` throws.
   */
  write<T>(body: () => T, options?: WriteOptions): Promise<T>;

  /**
   * Puts entries as one transaction, of which other threads do the work: for many entries that do not depend on what is there. In order with
   * {@link IndexDb.write}. The memory of keys and values must not change until the promise is settled.
   *
   * @throws StatusError as {@link IndexDb.write}.
   */
  putAll(entries: Iterable<PutEntry>, options?: WriteOptions): Promise<void>;

  /** Resolves when everything written so far would outlive a loss of power: before something that it replaces is deleted. */
  flushed(): Promise<void>;

  close(): Promise<void>;
}

/** The key after all keys that begin with `prefix`: the end of a {@link Range}. */
export function endOfPrefix(prefix: Uint8Array): Uint8Array | undefined {
  const end = Buffer.from(prefix);
  for (let i = end.length - 1; i >= 0; i--) {
    const byte = end[i]!;
    if (byte === 0xff) continue;
    end[i] = byte + 1;
    return end.subarray(0, i + 1);
  }
  return undefined;
}
