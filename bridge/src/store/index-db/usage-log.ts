import type { Clock } from "../clock.js";
import type { IndexDb, TableName } from "./index-db.js";

/** The tables whose values begin with the time of their last use (seconds since the epoch, 4 bytes, little endian). */
export type UsedTable = Extract<TableName, "blobs" | "directories" | "path-infos" | "actions">;

/**
 * A use is written down only when the last one is older than this: a blob that is read a thousand times a second costs one write a minute.
 * The garbage collector adds it to its grace period.
 */
export const USE_GRANULARITY_SECONDS = 60;

/** Remembers when things were last used, in the background. */
export interface UsageLog {
  /** Now, as the tables keep it. */
  nowSeconds(): number;
  /** Whether a use now need not be written down after one at that time: the cheap question before {@link touch}. */
  isFresh(lastUse: number): boolean;
  /** Notes a use of an entry whose present value is `value`. */
  touch(table: UsedTable, key: Uint8Array, value: Uint8Array): void;
  /** Resolves when every use noted so far is in the index. */
  flush(): Promise<void>;
}

/** When an entry was last used. */
export function lastUseOf(value: Uint8Array): number {
  return (value[0]! | (value[1]! << 8) | (value[2]! << 16) | (value[3]! << 24)) >>> 0;
}

/** A last use, as a value begins with it. */
export function encodeLastUse(seconds: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32LE(seconds);
  return bytes;
}

/** Creates the log. With `readOnly` uses are forgotten: the process that writes is the one that collects garbage. */
export function createUsageLog(index: IndexDb, clock: Clock, readOnly: boolean): UsageLog {
  const pending = new Map<string, { readonly table: UsedTable; readonly key: Uint8Array }>();
  let flushing: Promise<void> | undefined;
  const nowSeconds = (): number => Math.floor(clock.nowMs() / 1000);

  function writePending(): void {
    const seconds = nowSeconds();
    const entries = [...pending.values()];
    pending.clear();
    for (const { table, key } of entries) {
      const value = index.tables[table].get(key);
      if (value === undefined || lastUseOf(value) >= seconds) continue;
      const changed = Buffer.from(value);
      changed.writeUInt32LE(seconds);
      index.tables[table].put(key, changed);
    }
  }

  function start(): Promise<void> {
    // A use that cannot be written down (disk full) must not fail the read that caused it: the entry only looks older than it is.
    flushing ??= index
      .write(writePending)
      .catch(() => undefined)
      .finally(() => {
        flushing = undefined;
      });
    return flushing;
  }

  const isFresh = (lastUse: number): boolean => readOnly || nowSeconds() - lastUse < USE_GRANULARITY_SECONDS;

  return {
    nowSeconds,
    isFresh,
    touch(table, key, value) {
      if (isFresh(lastUseOf(value))) return;
      pending.set(table + Buffer.from(key).toString("latin1"), { table, key: Uint8Array.from(key) });
      if (flushing === undefined) setImmediate(() => void start());
    },
    async flush() {
      if (flushing !== undefined) await flushing;
      if (pending.size > 0) await start();
    },
  };
}
