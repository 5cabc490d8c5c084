import fs from "node:fs";
import { createRequire } from "node:module";
import type { Database, RootDatabase } from "lmdb";
import { Code, FULL_DISK_ADVICE, StatusError } from "../../status/index.js";
import { checkHead } from "./check-head.js";
import { isCommitFailure } from "./is-commit-failure.js";
import { tableNames, type IndexDb, type Range, type Table, type TableEntry, type TableName } from "./index-db.js";

// Its one CommonJS file loads 10 ms faster than its many modules, and every command that opens a state waits for it.
const { open } = createRequire(import.meta.url)("lmdb") as typeof import("lmdb");

type Db = Database<Buffer, Uint8Array>;

/** Each process that reads holds a slot for each of its threads; 126, the default, is few for a machine with many executors. */
const READERS_MAX = 1_024;

/**
 * With less than this left no transaction is begun: one whose pages do not all find room fails in a way of which lmdb tells nobody, and the
 * largest groups need about so much.
 */
const FULL_BYTES = 2 * 1024 * 1024;

/**
 * Opens the index on disk: an lmdb environment in a directory of its own. Keys and values are raw bytes.
 *
 * Commits are grouped and return as soon as they are in the page cache, where they outlive the process; lmdb flushes them behind our back and
 * falls back to the last flushed state after power loss (`overlappingSync`).
 *
 * @throws StatusError with the errno's code and the directory in its message.
 */
export function openLmdbIndex(options: { readonly directory: string; readonly readOnly?: boolean }): IndexDb {
  const { directory, readOnly = false } = options;
  let root: RootDatabase<Buffer, Uint8Array>;
  let tables: Record<TableName, Table>;
  try {
    checkHead(directory);
    root = open<Buffer, Uint8Array>({
      path: directory,
      noSubdir: false,
      encoding: "binary",
      keyEncoding: "binary",
      maxDbs: tableNames.length + 1,
      maxReaders: READERS_MAX,
      overlappingSync: true,
      // Else lmdb makes promises of its own for what one turn of the loop writes, and nobody can reach them when such a commit fails.
      eventTurnBatching: false,
      readOnly,
    });
    tables = Object.fromEntries(tableNames.map((name) => [name, openTable(root, name)])) as typeof tables;
  } catch (error) {
    throw StatusError.wrap(statusOf(error, directory), `cannot open the index in ${directory}`);
  }
  let closed = false;
  /** Since the last commit that failed none has succeeded. lmdb's promise that it is flushed is never settled then. */
  let hasFailed = false;

  /** An empty commit writes nothing, and brings a new promise. */
  async function settleFlush(): Promise<void> {
    if (hasFailed) await root.transaction(() => undefined).catch(() => undefined);
  }

  /** What every kind of writing has in common. @throws StatusError. */
  async function commit<T>(transaction: () => Promise<T>, makesRoom: boolean): Promise<T> {
    if (readOnly) throw new StatusError(Code.FailedPrecondition, `the store in ${directory} is open for reading only`);
    if (closed) throw new StatusError(Code.FailedPrecondition, `the store in ${directory} is closed`);
    if (!makesRoom && isFull(directory))
      throw new StatusError(
        Code.ResourceExhausted,
        `cannot write to the index in ${directory}: the disk is full${FULL_DISK_ADVICE}`,
      );
    try {
      const result = await transaction();
      hasFailed = false;
      return result;
    } catch (error) {
      hasFailed ||= isCommitFailure(error);
      throw StatusError.wrap(statusOf(await reasonOf(error), directory), `cannot write to the index in ${directory}`);
    }
  }

  return {
    tables,
    async write(body, { makesRoom = false } = {}) {
      let thrown: { readonly error: unknown } | undefined;
      try {
        return await commit(
          () =>
            root.transaction(() => {
              try {
                return body();
              } catch (error) {
                thrown = { error };
                throw error;
              }
            }),
          makesRoom,
        );
      } catch (error) {
        throw thrown === undefined ? error : thrown.error;
      }
    },
    putAll: (entries, { makesRoom = false } = {}) =>
      commit(async () => {
        await root.batch(() => {
          for (const { table, key, value } of entries) tables[table].put(key, value);
        });
      }, makesRoom),
    async flushed() {
      await settleFlush();
      await root.flushed;
    },
    async close() {
      if (closed) return;
      closed = true;
      await settleFlush();
      // A commit that failed was an error of its write, and is not one of closing.
      await root.close().catch((error: unknown) => {
        if (!isCommitFailure(error)) throw error;
      });
    },
  };
}

function openTable(root: RootDatabase<Buffer, Uint8Array>, name: TableName): Table {
  const db: Db = root.openDB<Buffer, Uint8Array>({ name, encoding: "binary", keyEncoding: "binary" });
  return {
    get: (key) => db.get(key),
    has: (key) => db.doesExist(key),
    put: (key, value) => void db.put(key, value as Buffer),
    remove: (key) => void db.remove(key),
    entries: (range: Range = {}): TableEntry[] => [...db.getRange({ ...range })],
  };
}

/** Only a full disk or a full map mean "no room"; anything else keeps its own text. */
function statusOf(error: unknown, directory: string): StatusError {
  const text = error instanceof Error ? error.message : String(error);
  if (
    /No space left|MDB_MAP_FULL|ENOSPC|Disk quota/i.test(text) ||
    (/Input\/output error|Commit failed/.test(text) && isFull(directory))
  )
    return new StatusError(Code.ResourceExhausted, `${text}${FULL_DISK_ADVICE}`, { cause: error });
  return StatusError.from(error);
}

/** lmdb calls a page that was written in part an input/output error, which a full disk does as well. */
function isFull(directory: string): boolean {
  try {
    const { bavail, bsize } = fs.statfsSync(directory);
    return bavail * bsize < FULL_BYTES;
  } catch {
    return false;
  }
}

/** A commit that failed tells its reason in a promise beside, which is sometimes left unsettled. */
async function reasonOf(error: unknown): Promise<unknown> {
  if (!isCommitFailure(error)) return error;
  try {
    await Promise.race([error.commitError, new Promise(setImmediate)]);
    return error;
  } catch (reason) {
    return reason;
  }
}
