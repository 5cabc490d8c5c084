import fs from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { endOfPrefix, type Table, type TableEntry } from "../index-db/index-db.js";
import { diskError } from "./disk-error.js";
import type { RecoveredBlobs, SmallBlob } from "./blob-contents.js";
import type { StoredBlob } from "./blob-index.js";
import { createOpenFiles, type FileHandle } from "./open-files.js";
import {
  PACK_BYTES_MAX,
  PACK_END_PREFIX,
  decodePackEnd,
  encodePackEnd,
  encodePackRecords,
  packEndKey,
  packName,
  packNumber,
} from "./pack-format.js";
import { writeAt } from "./positional-io.js";
import { recoverTail } from "./recover-tail.js";

/** The append-only files that hold small blobs. */
export interface Packs {
  /** Appends to the newest pack with one write. One caller at a time. Returns the pack and where each record's contents begin. */
  append(records: readonly SmallBlob[]): Promise<{ readonly pack: number; readonly offsets: readonly number[] }>;
  /** The length of the newest pack, if there is one, as it is to be noted with the blobs appended since. */
  watermarks(): TableEntry[];
  /** Whole records past the noted lengths, and the lengths to note with them. */
  readonly recovered: RecoveredBlobs;
  /** Whether the pack is there and at least so long. */
  reaches(pack: number, end: number): boolean;
  /** Holds a pack open, at once. */
  acquire(pack: number): FileHandle;
  /** Length in bytes of each pack. */
  lengths(): ReadonlyMap<number, number>;
  /** The pack that is being appended to, if any. */
  active(): number | undefined;
  /** Resolves when everything appended to the newest pack would outlive a loss of power. */
  flush(): Promise<void>;
  /** The next append begins a new pack. */
  roll(): void;
  /** Deletes a pack that the index does not name any more; those who hold it can still read it. */
  remove(pack: number): void;
  close(): void;
}

/** Memory that appends share, one after the other: enough for a batch. To take so much anew costs more than to fill it. */
const APPEND_BYTES = 4 * 1024 * 1024;

/** How long written bytes may wait for the disk: what power loss can take. */
const SYNC_DELAY_MS = 1_000;

/** Opens the packs of a directory; with `readOnly` another process may be appending to them. */
export function openPacks(options: {
  readonly directory: string;
  readonly meta: Table;
  readonly readOnly: boolean;
}): Packs {
  const { directory, readOnly } = options;
  const lengths = lengthsOf(directory);
  let active: number | undefined;
  const recovered: { blobs: StoredBlob[]; marks: TableEntry[] } = { blobs: [], marks: [] };
  const pathOf = (pack: number): string => join(directory, packName(pack));
  const markOf = (pack: number): TableEntry => ({
    key: packEndKey(pack),
    value: encodePackEnd(lengths.get(pack) ?? 0),
  });

  const last = Math.max(0, ...lengths.keys());
  if (!readOnly)
    for (const [pack, length] of lengths) {
      const committed = decodePackEnd(options.meta.get(packEndKey(pack)));
      if (length > committed) {
        const tail = recoverTail(pathOf(pack), pack, committed);
        recovered.blobs.push(...tail.blobs);
        lengths.set(pack, tail.end);
        recovered.marks.push(markOf(pack));
      }
      // One that is shorter lost bytes with the power: it is left alone, so that no new record comes to lie where the index expects a lost one.
      if (pack === last && length >= committed) active = pack;
    }
  // Numbers of packs that were deleted are not used again: a process that reads may still hold one open under its number.
  let newest = Math.max(last, ...packsEverUsed(options.meta));

  /** The flags that a pack is opened with; a new one is made. */
  const flagsOf = (pack: number): string => (readOnly ? "r" : lengths.has(pack) ? "r+" : "wx+");
  const open = createOpenFiles((pack) => fs.openSync(pathOf(pack), flagsOf(pack)));
  const sync = createDelayedSync();
  let memory: Buffer | undefined;

  return {
    async append(records) {
      if (active === undefined || lengths.get(active)! >= PACK_BYTES_MAX) active = ++newest;
      const pack = active;
      try {
        const fd = open.get(pack);
        const start = lengths.get(pack) ?? 0;
        lengths.set(pack, start);
        memory ??= Buffer.allocUnsafeSlow(APPEND_BYTES);
        const { bytes, offsets } = encodePackRecords(records, memory);
        try {
          await writeAt(fd, start, bytes);
        } catch (error) {
          fs.ftruncateSync(fd, start);
          throw error;
        }
        lengths.set(pack, start + bytes.byteLength);
        sync.schedule(fd);
        return { pack, offsets: offsets.map((offset) => start + offset) };
      } catch (error) {
        throw diskError(error, `cannot append to ${pathOf(pack)}`);
      }
    },
    watermarks: () => (active === undefined ? [] : [markOf(active)]),
    recovered,
    // A process that only reads cannot know how far the writer has come: the read itself tells.
    reaches: (pack, end) => readOnly || (lengths.get(pack) ?? 0) >= end,
    acquire: (pack) => open.acquire(pack),
    lengths: () => lengths,
    active: () => active,
    async flush() {
      const fd = active === undefined ? undefined : open.peek(active);
      if (fd !== undefined) await promisify(fs.fdatasync)(fd);
    },
    roll() {
      active = undefined;
    },
    remove(pack) {
      lengths.delete(pack);
      if (active === pack) active = undefined;
      fs.rmSync(pathOf(pack), { force: true });
      sync.cancel();
      open.drop(pack);
    },
    close() {
      sync.cancel();
      open.dropAll();
    },
  };
}

/** Flushes what was appended a little later, once for many appends. */
function createDelayedSync(): { schedule(fd: number): void; cancel(): void } {
  let timer: NodeJS.Timeout | undefined;
  return {
    schedule(fd) {
      timer ??= setTimeout(() => {
        timer = undefined;
        fs.fdatasync(fd, () => undefined);
      }, SYNC_DELAY_MS).unref();
    },
    cancel() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}

function lengthsOf(directory: string): Map<number, number> {
  const lengths = new Map<number, number>();
  for (const name of fs.readdirSync(directory)) {
    const pack = packNumber(name);
    if (pack !== undefined) lengths.set(pack, fs.statSync(join(directory, name)).size);
  }
  return lengths;
}

/** The packs whose length was ever noted: the notes outlive the packs. */
function packsEverUsed(meta: Table): number[] {
  const start = Buffer.from(PACK_END_PREFIX, "latin1");
  return meta.entries({ start, end: endOfPrefix(start)! }).flatMap(({ key }) => {
    const pack = packNumber(Buffer.from(key).toString("latin1", start.byteLength));
    return pack === undefined ? [] : [pack];
  });
}
