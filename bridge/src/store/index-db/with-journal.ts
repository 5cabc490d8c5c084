import { tableNames, type IndexDb, type PutEntry, type Range, type Table, type TableEntry } from "./index-db.js";
import type { Journal, JournalRecord } from "./journal.js";

/** An index that can be told of new entries without a transaction for each. */
export interface JournaledIndex extends IndexDb {
  /**
   * Puts entries, which are seen from now on and outlive the process, without waiting for a transaction. Other processes that read the index see
   * them a moment later.
   *
   * @returns whether it was done: not while transactions are under way, which may be about to change what the caller has looked at. Then the
   *   caller needs one of its own.
   * @throws StatusError ResourceExhausted.
   */
  putNow(entries: readonly PutEntry[]): boolean;
  /** Puts again what a crash has kept from the index, in its order. @param isWhole - Whether what a record's entries need is there. */
  recover(isWhole: (entries: readonly PutEntry[]) => boolean): void;
}

/**
 * How long entries may wait for the index. Each commit flushes the disk, in half a millisecond or more; another process that looks at the index is
 * not to be told old news.
 */
const FLUSH_DELAY_MS = 10;

/** A transaction with so many entries takes some milliseconds. */
const PENDING_MAX = 8_192;

/** Up to which record the index has everything: a number, in table `meta`. */
const MARK_KEY = Buffer.from("journal-end", "latin1");

interface Pending extends PutEntry {
  /** A transaction that is under way has put it. */
  isApplied: boolean;
}

/** An index whose every change is a transaction. */
export function withoutJournal(inner: IndexDb): JournaledIndex {
  return { ...inner, putNow: () => false, recover: () => undefined };
}

/**
 * Entries are written to a journal, kept in memory, and put into the index many at once. A transaction first puts what waits: inside of it
 * everything is in the index. While one is under way nothing new comes to wait.
 */
export function withJournal(inner: IndexDb, journal: Journal): JournaledIndex {
  const pending = new Map(tableNames.map((name) => [name, new Map<string, Pending>()]));
  let pendingCount = 0;
  let number = Math.max(readMark(inner), ...journal.recovered.map((record) => record.number));
  let writes = 0;
  let isInBody = false;
  let isStuck = false;
  let timer: NodeJS.Timeout | undefined;
  let flushing: Promise<void> | undefined;

  function keep({ table, key, value }: PutEntry): void {
    const entries = pending.get(table)!;
    const name = nameOf(key);
    if (!entries.has(name)) pendingCount++;
    entries.set(name, { table, key, value, isApplied: false });
  }

  /** The index has them. */
  function settle(batch: readonly Pending[]): void {
    isStuck = false;
    for (const entry of batch) {
      const entries = pending.get(entry.table)!;
      const name = nameOf(entry.key);
      if (entries.get(name) !== entry) continue;
      entries.delete(name);
      pendingCount--;
    }
    if (pendingCount === 0) journal.cleared();
  }

  const waiting = (): Pending[] => [...pending.values()].flatMap((entries) => [...entries.values()]);

  /** Not while there are transactions: they put what waits, and may then change it. */
  async function flushOnce(): Promise<void> {
    const batch = waiting();
    try {
      await inner.putAll([...batch, { table: "meta", key: MARK_KEY, value: encodeMark(number) }]);
      settle(batch);
    } catch {
      isStuck = true; // Whoever puts something next has a transaction of its own, and is told.
    }
  }

  function startFlush(): void {
    timer = undefined;
    if (writes > 0 || pendingCount === 0) return;
    flushing = flushOnce().finally(() => {
      flushing = undefined;
      schedule();
    });
  }

  function schedule(): void {
    if (pendingCount === 0 || writes > 0 || isStuck || flushing !== undefined) return;
    timer ??= setTimeout(startFlush, FLUSH_DELAY_MS).unref();
  }

  /** Inside of a transaction. */
  function applyPending(): Pending[] {
    if (pendingCount === 0) return [];
    const batch = waiting().filter(({ isApplied }) => !isApplied);
    for (const entry of batch) {
      inner.tables[entry.table].put(entry.key, entry.value);
      entry.isApplied = true;
    }
    if (batch.length > 0) inner.tables.meta.put(MARK_KEY, encodeMark(number));
    return batch;
  }

  const tables = Object.fromEntries(
    tableNames.map((name) => {
      const entries = pending.get(name)!;
      return [name, overlaid(inner.tables[name], entries, () => !isInBody && entries.size > 0)];
    }),
  );

  const index: JournaledIndex = {
    ...inner,
    tables: tables as unknown as IndexDb["tables"],
    putNow(entries) {
      if (writes > 0 || isStuck || journal.isFull || pendingCount > PENDING_MAX) return false;
      journal.append({ number: number + 1, entries });
      number++;
      for (const entry of entries) keep(entry);
      schedule();
      return true;
    },
    recover(isWhole) {
      const mark = readMark(inner);
      const isMissing = (record: JournalRecord): boolean => record.number > mark && isWhole(record.entries);
      for (const record of journal.recovered) if (isMissing(record)) for (const entry of record.entries) keep(entry);
      schedule();
    },
    async write(body, options) {
      writes++;
      let applied: Pending[] = [];
      try {
        const outcome = await inner.write(() => {
          applied = applyPending();
          isInBody = true;
          try {
            return { value: body() };
          } catch (error) {
            return { error }; // What was applied before stays.
          } finally {
            isInBody = false;
          }
        }, options);
        settle(applied);
        if ("error" in outcome) throw outcome.error;
        return outcome.value;
      } finally {
        for (const entry of applied) entry.isApplied = false;
        writes--;
        schedule();
      }
    },
    async flushed() {
      if (pendingCount > 0) await index.write(() => undefined);
      await inner.flushed();
    },
    async close() {
      // What finds no room waits in the journal.
      if (pendingCount > 0) await index.write(() => undefined).catch(() => undefined);
      clearTimeout(timer);
      await flushing;
      journal.close(pendingCount === 0);
      await inner.close();
    },
  };
  return index;
}

/** A table as it will be when the entries are in it. */
function overlaid(inner: Table, pending: ReadonlyMap<string, TableEntry>, isNeeded: () => boolean): Table {
  return {
    ...inner,
    get: (key) => (isNeeded() ? pending.get(nameOf(key))?.value : undefined) ?? inner.get(key),
    has: (key) => (isNeeded() && pending.has(nameOf(key))) || inner.has(key),
    entries(range = {}) {
      const found = inner.entries(range);
      if (!isNeeded()) return found;
      const more = [...pending].filter(([, { key }]) => isWithin(key, range));
      if (more.length === 0) return found;
      const all = new Map(found.map((entry) => [nameOf(entry.key), entry]));
      for (const [name, entry] of more) all.set(name, entry);
      const sorted = [...all.values()].sort((a, b) => Buffer.compare(a.key, b.key));
      return range.limit === undefined ? sorted : sorted.slice(0, range.limit);
    },
  };
}

function isWithin(key: Uint8Array, { start, end }: Range): boolean {
  return (
    (start === undefined || Buffer.compare(key, start) >= 0) && (end === undefined || Buffer.compare(key, end) < 0)
  );
}

const nameOf = (key: Uint8Array): string => Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1");

function readMark(index: IndexDb): number {
  const value = index.tables.meta.get(MARK_KEY);
  return value === undefined ? 0 : Buffer.from(value).readUIntLE(0, 6);
}

function encodeMark(number: number): Buffer {
  const value = Buffer.allocUnsafe(6);
  value.writeUIntLE(number, 0, 6);
  return value;
}
