import fs from "node:fs";
import { join } from "node:path";
import { Code, StatusError } from "../../status/index.js";
import type { Table } from "../index-db/index-db.js";
import type { BlobContents, BlobReader } from "./blob-contents.js";
import type { Place } from "./blob-record.js";
import { diskError, isAbsent } from "./disk-error.js";
import { createLargeFileWriter, takeLargeFile } from "./large-file-writer.js";
import { openPacks, type Packs } from "./open-packs.js";
import { SMALL_BYTES_MAX } from "./pack-format.js";
import { readAt } from "./positional-io.js";
import { readSmallFromPacks } from "./read-packs.js";

/** Contents on disk. */
export interface DiskContents extends BlobContents {
  readonly packs: Packs;
  /** The directory of whole files: `ab/<blake3>`. */
  readonly filesDirectory: string;
}

/** Opens the contents below a state directory, whose sub-directories exist. */
export function createDiskContents(options: {
  readonly directory: string;
  readonly meta: Table;
  readonly readOnly: boolean;
}): DiskContents {
  const { directory, meta, readOnly } = options;
  const packs = openPacks({ directory: join(directory, "packs"), meta, readOnly });
  const filesDirectory = join(directory, "files");
  const pathOf = (blake3: string): string => join(filesDirectory, blake3.slice(0, 2), blake3);
  let writers = 0;
  const checkWritable = (): void => {
    if (readOnly) throw new StatusError(Code.FailedPrecondition, `the store in ${directory} is open for reading only`);
  };

  return {
    packs,
    filesDirectory,
    smallBytesMax: SMALL_BYTES_MAX,
    async putSmall(blobs) {
      checkWritable();
      const { pack, offsets } = await packs.append(blobs);
      return offsets.map((offset) => ({ kind: "pack", pack, offset }));
    },
    watermarks: () => packs.watermarks(),
    recovered: packs.recovered,
    async create() {
      checkWritable();
      return createLargeFileWriter(join(directory, "tmp", String(++writers)), pathOf);
    },
    takeFile(path) {
      checkWritable();
      return takeLargeFile(path, join(directory, "tmp", String(++writers)), pathOf);
    },
    mayHold: (place, sizeBytes) => place.kind === "file" || packs.reaches(place.pack, place.offset + sizeBytes),
    open: (place, blake3) => openReader(packs, place, pathOf(blake3)),
    readSmall: (blobs) => readSmallFromPacks(packs, pathOf, blobs),
    fileOf: (place, blake3) => (place.kind === "file" ? pathOf(blake3) : undefined),
    async close() {
      packs.close();
    },
  };
}

/** Opens a file, or takes hold of a pack, before the first turn of the loop: afterwards it may be deleted without harm. */
async function openReader(packs: Packs, place: Place, path: string): Promise<BlobReader> {
  try {
    if (place.kind === "pack") {
      const handle = packs.acquire(place.pack);
      let released = false;
      return {
        read: (offset, length) => readAt(handle.fd, place.offset + offset, length),
        async close() {
          if (!released) handle.release();
          released = true;
        },
      };
    }
    const fd = fs.openSync(path, "r");
    let pending: Promise<unknown> = Promise.resolve();
    return {
      read(offset, length) {
        const piece = readAt(fd, offset, length);
        pending = piece.catch(() => undefined);
        return piece;
      },
      async close() {
        await pending; // The number may be given to another file while a read is under way.
        fs.closeSync(fd);
      },
    };
  } catch (error) {
    if (isAbsent(error)) return { read: async () => new Uint8Array(), close: () => Promise.resolve() };
    throw diskError(error, `cannot read ${path}`);
  }
}

/** Whether contents are on disk. */
export function isDiskContents(contents: BlobContents): contents is DiskContents {
  return "packs" in contents;
}
