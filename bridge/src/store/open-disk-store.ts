import fs from "node:fs";
import { join } from "node:path";
import { Code, StatusError } from "../status/index.js";
import { createDiskContents } from "./blobs/create-disk-contents.js";
import { isAbsent } from "./blobs/disk-error.js";
import { systemClock, type Clock } from "./clock.js";
import { composeStore, type LocalStore } from "./compose-store.js";
import type { IndexDb } from "./index-db/index-db.js";
import { openJournal, type Journal } from "./index-db/journal.js";
import { takeStateLock } from "./state-lock.js";

/** How to open a state directory. */
export interface DiskStoreOptions {
  /** Made if it is not there. Other rooms keep `work/` and `trees/` in it. */
  readonly directory: string;
  /** The store directory that its paths belong to, e.g. `/nix/store`. Fixed when the state is made. */
  readonly storeDir: string;
  /** Reads beside a running writer, without the lock. Nothing is written, and uses are not noted. */
  readonly readOnly?: boolean;
  readonly clock?: Clock;
}

/** The version of the layout on disk. */
const FORMAT = "causeway-state 1";

/**
 * Opens the store of a state directory: `index/` (lmdb), `packs/` (small blobs), `files/` (large blobs), `journal` (path infos that the index
 * is told of a moment later), `tmp/`, `lock`.
 *
 * Contents are written before the index names them, so that after a crash the index is right and only leftovers remain, which are removed here:
 * files in `tmp/`, and what a pack holds past its last commit.
 *
 * @throws StatusError FailedPrecondition if another process has it, or it belongs to another store directory or version; NotFound if it is to
 *   be read and is not there.
 */
export async function openDiskStore(options: DiskStoreOptions): Promise<LocalStore> {
  const { directory, readOnly = false, clock = systemClock } = options;
  if (!readOnly) makeDirectories(directory);
  checkFormat(options, readOnly);
  const lock = readOnly ? undefined : await takeStateLock(directory);
  let index: IndexDb | undefined;
  let journal: Journal | undefined;
  try {
    if (!readOnly) {
      // Emptied, not made anew: on a full disk no directory can be made, and whoever makes room has to come in.
      const tmp = join(directory, "tmp");
      fs.mkdirSync(tmp, { recursive: true });
      for (const name of fs.readdirSync(tmp)) fs.rmSync(join(tmp, name), { recursive: true, force: true });
    }
    // Loaded when a state is opened: commands that need none start faster without it.
    const { openLmdbIndex } = await import("./index-db/open-lmdb-index.js");
    index = openLmdbIndex({ directory: join(directory, "index"), readOnly });
    const contents = createDiskContents({ directory, meta: index.tables.meta, readOnly });
    if (!readOnly) journal = openJournalIfRoom(join(directory, "journal"));
    const release = async (): Promise<void> => lock?.release();
    const withWaiting = journal === undefined ? {} : { journal };
    return composeStore({ index, ...withWaiting, contents, clock, readOnly, persistence: true, release });
  } catch (error) {
    journal?.close(false);
    await index?.close();
    await lock?.release();
    throw StatusError.wrap(error, `cannot open the store in ${directory}`);
  }
}

/** On a full disk it cannot be made, and whoever makes room has to come in. */
function openJournalIfRoom(path: string): Journal | undefined {
  try {
    return openJournal(path);
  } catch (error) {
    const status = StatusError.from(error);
    if (status.code === Code.ResourceExhausted) return undefined;
    throw StatusError.wrap(error, `cannot open ${path}`);
  }
}

function makeDirectories(directory: string): void {
  try {
    for (const name of ["index", "packs", "files"]) fs.mkdirSync(join(directory, name), { recursive: true });
  } catch (error) {
    throw StatusError.wrap(error, `cannot make the state directory ${directory}`);
  }
}

/** Refuses a state of another version or store directory, whose paths would mean something else. */
function checkFormat(options: DiskStoreOptions, readOnly: boolean): void {
  const path = join(options.directory, "format");
  const expected = `${FORMAT}\n${options.storeDir}\n`;
  let found: string | undefined;
  try {
    found = fs.readFileSync(path, "utf8");
  } catch (error) {
    if (!isAbsent(error) || readOnly) throw StatusError.wrap(error, `cannot open the store in ${options.directory}`);
  }
  if (found === undefined) writeFormat(path, expected);
  else if (found !== expected) throw otherFormat(options, found);
}

function writeFormat(path: string, text: string): void {
  try {
    fs.writeFileSync(`${path}.new`, text);
    fs.renameSync(`${path}.new`, path);
  } catch (error) {
    throw StatusError.wrap(error, `cannot write ${path}`);
  }
}

function otherFormat({ directory, storeDir }: DiskStoreOptions, found: string): StatusError {
  const [format, itsStoreDir] = found.split("\n");
  const what =
    format !== FORMAT
      ? `was made by another version of this program: its format is ${JSON.stringify(format)}, and this one knows '${FORMAT}'`
      : `belongs to the store '${itsStoreDir ?? ""}', not to '${storeDir}'`;
  return new StatusError(
    Code.FailedPrecondition,
    `the state in ${directory} ${what}; choose another state directory with --state or $CAUSEWAY_STATE`,
  );
}
