import type { BlobInfo, DigestFunction } from "../../digest/index.js";
import { Code, hasCode } from "../../status/index.js";
import type { IndexDb, PutEntry, TableEntry, WriteOptions } from "../index-db/index-db.js";
import { createAbsenceFilter, type AbsenceFilter } from "./absence-filter.js";
import { createBlobMemo, noMemo, type BlobMemo } from "./blob-memo.js";
import {
  BLOB_RECORD_BYTES,
  decodeBlobRecord,
  encodeBlobRecord,
  writeBlobRecord,
  type BlobRecord,
} from "./blob-record.js";
import { createRecordSet, type RecordSet } from "./record-set.js";

/** How long a stored blob may be missing from the index: its pack knows of it, and after a crash is asked. */
const FLUSH_DELAY_MS = 50;

/** So many wait no longer. The more are written together, the more of them share a page of the index: 500 cost twice as much each. */
const FLUSH_COUNT = 8_192;

/** More than the index takes in a second: a slower disk holds those back who add. */
const PENDING_COUNT_MAX = 65_536;

/** After so many look-ups of absent blobs a program is one that lives long enough for a filter to pay. */
const MISSES_BEFORE_FILTER = 4_096;

/** Entries read between two turns of the loop: a few milliseconds. */
const PAGE = 4_096;

/** The raw hashes that are the keys of both tables. */
const KEY_BYTES = 32;

/**
 * The records of blobs: those in the index, and those of small blobs whose contents are on disk and which the index is told of a little
 * later, many at once. A transaction for each upload would cost more than everything else about a small blob.
 */
export interface BlobRecords {
  /** By one of its hashes. */
  find(fn: DigestFunction, hash: string): BlobRecord | undefined;
  /** Whether there is surely no blob whose hash begins with these 32 bits, as can be told without asking the index. */
  isAbsent(fn: DigestFunction, firstWord: number): boolean;
  /** What was lately looked up or written. Whoever finds something there has found it. */
  readonly memo: BlobMemo;
  /**
   * Makes small blobs known whose contents would outlive the process.
   *
   * @param marks - Go into table `meta` with them: up to where their packs need not be asked after a crash.
   */
  add(records: readonly BlobRecord[], marks: readonly TableEntry[]): void;
  /** Inside of a transaction of {@link BlobRecords.index}: a blob that is new there, or now elsewhere. */
  put(record: BlobRecord): void;
  /** Inside of a transaction of {@link BlobRecords.index}. */
  remove(info: BlobInfo): void;
  /** Resolves when the index has everything that was added before. @throws StatusError as {@link IndexDb.write}. */
  flush(): Promise<void>;
  /** The same for those who look around or make room: on a full disk the index has what it had, and the rest goes on waiting. */
  flushIfRoom(): Promise<void>;
  /** Whether so much waits, or could not be written, that whoever wants to add more should await {@link flush} before. */
  readonly isFull: boolean;
  /** The index, in which nothing is written before the blobs that were added earlier: it may name them. */
  readonly index: IndexDb;
}

/**
 * Creates the records over an index. Everything else must write to it through {@link BlobRecords.index}.
 *
 * @param isOnlyWriter - Whether nobody else changes the index, so that what was found there, or was absent, need not be asked for again.
 */
export function createBlobRecords(
  inner: IndexDb,
  isOnlyWriter = true,
  memo = isOnlyWriter ? createBlobMemo() : noMemo,
): BlobRecords {
  const { blobs, sha256 } = inner.tables;
  /** Added, and not surely in the index: those that nobody writes yet, */
  let unwritten = createRecordSet();
  /** and those that are being written, the newest first. */
  let written: readonly RecordSet[] = [];
  let watermarks = new Map<string, TableEntry>();
  const inFlight = new Set<Promise<void>>();
  let timer: NodeJS.Timeout | undefined;
  let isStuck = false;
  /** Records changed by transactions that have not ended: until then the index may still show what they change. */
  let unsettled = 0;
  let misses = 0;
  /** Gathers all blobs once many absent ones were asked for; asked itself when it has them all. */
  let gathering: AbsenceFilter | undefined;
  let filter: AbsenceFilter | undefined;
  let changedByBody = 0;

  function* entriesOf(batch: readonly BlobRecord[], marks: Iterable<TableEntry>): Generator<PutEntry, void, undefined> {
    // Keys and values in one piece of memory each: to take many small ones costs more than to fill them.
    const keys = Buffer.allocUnsafeSlow(2 * batch.length * KEY_BYTES);
    const values = Buffer.allocUnsafeSlow(batch.length * BLOB_RECORD_BYTES);
    let [keyAt, valueAt] = [0, 0];
    const keyOf = (hash: string): Buffer => {
      const from = keyAt;
      keyAt += keys.write(hash, keyAt, KEY_BYTES, "hex");
      return keys.subarray(from, keyAt);
    };
    for (const record of batch) {
      const from = valueAt;
      valueAt = writeBlobRecord(values, valueAt, record);
      const key = keyOf(record.info.blake3);
      yield { table: "blobs", key, value: values.subarray(from, valueAt) };
      yield { table: "sha256", key: keyOf(record.info.sha256), value: key };
    }
    for (const { key, value } of marks) yield { table: "meta", key, value };
  }

  async function flushOnce(options?: WriteOptions): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const [batch, marks] = [unwritten, watermarks];
    unwritten = createRecordSet();
    watermarks = new Map();
    written = [batch, ...written];
    try {
      await inner.putAll(entriesOf(batch.list(), marks.values()), options);
      isStuck = false;
    } catch (error) {
      isStuck = true;
      const later = unwritten;
      unwritten = createRecordSet();
      for (const record of [...batch.list(), ...later.list()]) unwritten.add(record);
      watermarks = new Map([...marks, ...watermarks]);
      throw error;
    } finally {
      written = written.filter((each) => each !== batch);
    }
  }

  function pendingCount(): number {
    let count = unwritten.size;
    for (const { size } of written) count += size;
    return count;
  }

  function findPending(fn: DigestFunction, hash: string): BlobRecord | undefined {
    let record = unwritten.find(fn, hash);
    for (let i = 0; record === undefined && i < written.length; i++) record = written[i]!.find(fn, hash);
    return record;
  }

  function startFlush(options?: WriteOptions): void {
    const flushing = flushOnce(options);
    inFlight.add(flushing);
    const end = (): void => {
      inFlight.delete(flushing);
      if (!isStuck) schedule();
    };
    flushing.then(end, end); // A failure is noted, and told to the next that adds.
  }

  async function flush(): Promise<void> {
    if (unwritten.size > 0) startFlush();
    await Promise.all(inFlight);
  }

  function schedule(): void {
    if (unwritten.size === 0 || inFlight.size > 0) return;
    if (unwritten.size >= FLUSH_COUNT) startFlush();
    else timer ??= setTimeout(() => startFlush(), FLUSH_DELAY_MS).unref();
  }

  /** Shows the filter every blob of the index; those that come meanwhile are shown to it where they are added. */
  async function gather(): Promise<void> {
    const gathered = (gathering = createAbsenceFilter());
    for (const each of [unwritten, ...written]) for (const { info } of each.list()) gathered.add(info);
    await inner.write(() => undefined); // What was put in before can be seen now.
    let start: Uint8Array = Buffer.alloc(0);
    for (;;) {
      const page = blobs.entries({ start, limit: PAGE });
      for (const { key, value } of page) gathered.add(decodeBlobRecord(Buffer.from(key).toString("hex"), value).info);
      if (page.length < PAGE) break;
      start = Buffer.concat([page.at(-1)!.key, Buffer.from([0])]);
      await new Promise(setImmediate);
    }
    filter = gathered;
  }

  function noteMiss(): void {
    // Without the filter look-ups only take longer.
    if (++misses === MISSES_BEFORE_FILTER && isOnlyWriter) gather().catch(() => undefined);
  }

  /** What the index says. */
  function load(fn: DigestFunction, hash: string): BlobRecord | undefined {
    if (filter?.isAbsent(fn, hash) === true) return undefined;
    const given = Buffer.from(hash, "hex");
    const key = fn === "blake3" ? given : sha256.get(given);
    const value = key === undefined ? undefined : blobs.get(key);
    if (key === undefined || value === undefined) {
      noteMiss();
      return undefined;
    }
    const blake3 = fn === "blake3" ? hash : Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("hex");
    const record = decodeBlobRecord(blake3, value);
    if (unsettled === 0) memo.set(record);
    return record;
  }

  function changed(info: BlobInfo): void {
    memo.delete(info);
    unsettled++;
    changedByBody++;
  }

  return {
    memo,
    find: (fn, hash) => memo.get(fn, hash) ?? findPending(fn, hash) ?? load(fn, hash),
    isAbsent(fn, firstWord) {
      if (filter?.isPrefixAbsent(fn, firstWord) !== true || unwritten.mayHave(fn, firstWord)) return false;
      for (const each of written) if (each.mayHave(fn, firstWord)) return false;
      return true;
    },
    add(records, marks) {
      for (const record of records) {
        gathering?.add(record.info);
        memo.set(record); // In the place of one that may have lost its bytes.
        unwritten.add(record);
      }
      for (const mark of marks) watermarks.set(Buffer.from(mark.key).toString("latin1"), mark);
      schedule();
    },
    put(record) {
      const key = Buffer.from(record.info.blake3, "hex");
      blobs.put(key, encodeBlobRecord(record));
      sha256.put(Buffer.from(record.info.sha256, "hex"), key);
      gathering?.add(record.info);
      changed(record.info);
    },
    remove(info) {
      for (const each of [unwritten, ...written]) each.remove(info.blake3);
      blobs.remove(Buffer.from(info.blake3, "hex"));
      sha256.remove(Buffer.from(info.sha256, "hex"));
      changed(info);
    },
    flush,
    async flushIfRoom() {
      try {
        await flush();
      } catch (error) {
        if (!hasCode(error, Code.ResourceExhausted)) throw error;
      }
    },
    get isFull() {
      return isStuck || pendingCount() > PENDING_COUNT_MAX;
    },
    index: {
      ...inner,
      putAll(entries, options) {
        if (unwritten.size > 0) startFlush(options);
        return inner.putAll(entries, options);
      },
      async write(body, options) {
        if (unwritten.size > 0) startFlush(options);
        let changes = 0;
        try {
          return await inner.write(() => {
            changedByBody = 0;
            try {
              return body();
            } finally {
              changes = changedByBody;
            }
          }, options);
        } finally {
          unsettled -= changes;
        }
      },
    },
  };
}
