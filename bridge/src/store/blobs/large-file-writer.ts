import fs from "node:fs";
import { dirname } from "node:path";
import type { FileCopy, LargeBlobWriter } from "./blob-contents.js";
import { diskError } from "./disk-error.js";
import { writeAt } from "./positional-io.js";

/** Small pieces are gathered up to this before they are written: a call for every 64 KiB of a gRPC stream would cost as much as the write. */
const WRITE_BYTES_MIN = 1024 * 1024;

/** The time that Nix gives every file of a store. */
const MTIME_SECONDS = 1;

/**
 * Writes a large blob to `tmpPath` and moves it to its place in the end. Each write runs while the caller hashes the next piece.
 *
 * @param placeOf the final path for a BLAKE3.
 */
export async function createLargeFileWriter(
  tmpPath: string,
  placeOf: (blake3: string) => string,
): Promise<LargeBlobWriter> {
  const doing = `cannot write ${tmpPath}`;
  let fd: number;
  try {
    fd = fs.openSync(tmpPath, "wx", 0o600);
  } catch (error) {
    throw diskError(error, doing);
  }
  let gathered: Uint8Array[] = [];
  let gatheredBytes = 0;
  let position = 0;
  let writing: Promise<void> = Promise.resolve();

  async function flush(): Promise<void> {
    if (gatheredBytes === 0) return;
    const bytes = gathered.length === 1 ? gathered[0]! : Buffer.concat(gathered);
    const at = position;
    position += gatheredBytes;
    gathered = [];
    gatheredBytes = 0;
    await writing;
    writing = writeAt(fd, at, bytes);
    writing.catch(() => undefined); // Awaited by the next call.
  }

  return {
    async append(bytes) {
      gathered.push(bytes);
      gatheredBytes += bytes.byteLength;
      try {
        if (gatheredBytes >= WRITE_BYTES_MIN) await flush();
      } catch (error) {
        throw diskError(error, doing);
      }
    },
    async keep(blake3) {
      const path = placeOf(blake3);
      try {
        await flush();
        await writing;
        moveToPlace(fd, tmpPath, path);
        fs.closeSync(fd);
      } catch (error) {
        throw diskError(error, `cannot store ${path}`);
      }
      return { kind: "file" };
    },
    async discard() {
      await writing.catch(() => undefined);
      try {
        fs.closeSync(fd);
      } catch {
        // Closed before: a failed rename.
      }
      fs.rmSync(tmpPath, { force: true });
    },
  };
}

/**
 * Copies a file to `tmpPath` in the background, inside the kernel and as a clone where the file system can, and moves it to its place in the end.
 * The caller hashes the source meanwhile, and sees to it that it did not change.
 */
export function copyLargeFile(source: string, tmpPath: string, placeOf: (blake3: string) => string): FileCopy {
  const { COPYFILE_EXCL, COPYFILE_FICLONE } = fs.constants;
  const copying = fs.promises.copyFile(source, tmpPath, COPYFILE_EXCL | COPYFILE_FICLONE);
  copying.catch(() => undefined); // Awaited by whoever ends it.
  return {
    copied: copying,
    async keep(blake3) {
      const path = placeOf(blake3);
      try {
        await copying;
        const fd = fs.openSync(tmpPath, "r");
        try {
          moveToPlace(fd, tmpPath, path);
        } finally {
          fs.closeSync(fd);
        }
      } catch (error) {
        throw diskError(error, `cannot store ${path}`);
      }
      return { kind: "file" };
    },
    async discard() {
      await copying.catch(() => undefined);
      fs.rmSync(tmpPath, { force: true });
    },
  };
}

function moveToPlace(fd: number, tmpPath: string, path: string): void {
  fs.fchmodSync(fd, 0o444);
  fs.futimesSync(fd, MTIME_SECONDS, MTIME_SECONDS);
  fs.mkdirSync(dirname(path), { recursive: true });
  fs.renameSync(tmpPath, path);
}
