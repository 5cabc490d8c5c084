import fs from "node:fs";
import { dirname } from "node:path";
import type { IncomingFile, LargeBlobWriter } from "./blob-contents.js";
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
  const close = closerOf(fd);
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
        close();
      } catch (error) {
        throw diskError(error, `cannot store ${path}`);
      }
      return { kind: "file" };
    },
    async discard() {
      await writing.catch(() => undefined);
      close();
      fs.rmSync(tmpPath, { force: true });
    },
  };
}

/**
 * Takes a file into `tmpPath`: as a clone where the file system can, else by what the caller reads and gives to `write`; and moves it to its
 * place in the end. (The kernel's copy of a file is not used: it takes twice as long as reading and writing large pieces.)
 */
export function takeLargeFile(source: string, tmpPath: string, placeOf: (blake3: string) => string): IncomingFile {
  const isCloned = tryClone(source, tmpPath);
  let fd: number;
  try {
    fd = fs.openSync(tmpPath, isCloned ? "r" : "wx", 0o600);
  } catch (error) {
    throw diskError(error, `cannot write ${tmpPath}`);
  }
  let position = 0;
  let writing: Promise<void> = Promise.resolve();
  const close = closerOf(fd);
  return {
    isCloned,
    write(bytes) {
      const at = position;
      position += bytes.byteLength;
      writing = writing.then(async () => {
        try {
          await writeAt(fd, at, bytes);
        } catch (error) {
          throw diskError(error, `cannot write ${tmpPath}`);
        }
      });
      writing.catch(() => undefined); // Whoever ends it hears of it, too.
      return writing;
    },
    async keep(blake3) {
      const path = placeOf(blake3);
      try {
        await writing;
        moveToPlace(fd, tmpPath, path);
        close();
      } catch (error) {
        throw diskError(error, `cannot store ${path}`);
      }
      return { kind: "file" };
    },
    async discard() {
      await writing.catch(() => undefined);
      close();
      fs.rmSync(tmpPath, { force: true });
    },
  };
}

/** Whether the file system made it. Anything that stands against it is found again, and named, when the file is written. */
function tryClone(source: string, target: string): boolean {
  try {
    fs.copyFileSync(source, target, fs.constants.COPYFILE_FICLONE_FORCE | fs.constants.COPYFILE_EXCL);
    return true;
  } catch {
    fs.rmSync(target, { force: true });
    return false;
  }
}

/** Closes once: what was kept may still be discarded, when the index has no room, and by then the number may be another file's. */
function closerOf(fd: number): () => void {
  let isOpen = true;
  return () => {
    if (isOpen) fs.closeSync(fd);
    isOpen = false;
  };
}

function moveToPlace(fd: number, tmpPath: string, path: string): void {
  fs.fchmodSync(fd, 0o444);
  fs.futimesSync(fd, MTIME_SECONDS, MTIME_SECONDS);
  fs.mkdirSync(dirname(path), { recursive: true });
  fs.renameSync(tmpPath, path);
}
