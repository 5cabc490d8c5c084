import { createReadStream } from "node:fs";
import { access, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Code, StatusError, hasCode } from "../../../status/index.js";
import type { CacheFiles } from "./cache-files.js";

/** The files of a cache in a directory of this machine. @param unique names a file that is being written; never the same twice. */
export function createDirectoryFiles(uri: string, directory: string, unique: () => string): CacheFiles {
  return {
    uri,
    async open(name) {
      const file = fileOf(directory, name);
      try {
        // Opened here: that it is not there is an answer, and not an error in the middle of a stream.
        const handle = await open(file);
        if (!(await handle.stat()).isFile()) {
          await handle.close();
          return undefined;
        }
        return createReadStream("", { fd: handle, highWaterMark: PIECE_BYTES }) as AsyncIterable<Uint8Array>;
      } catch (cause) {
        mustBeAbsent(cause, file);
        return undefined;
      }
    },
    async has(name) {
      const file = fileOf(directory, name);
      try {
        await access(file);
        return true;
      } catch (cause) {
        mustBeAbsent(cause, file);
        return false;
      }
    },
    async put(name, source) {
      const file = fileOf(directory, name);
      const temporary = `${file}.${unique()}.tmp`;
      try {
        await mkdir(dirname(file), { recursive: true });
        // Opened before anything can fail: a stream that opens it by itself might do so after it was removed.
        const handle = await open(temporary, "wx", 0o644);
        await pipeline(source.open(), handle.createWriteStream());
        await rename(temporary, file);
      } catch (cause) {
        await rm(temporary, { force: true });
        throw StatusError.wrap(cause, `writing ${file}`);
      }
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

const PIECE_BYTES = 256 * 1024;

/** @throws StatusError for anything but a file that is not there. */
function mustBeAbsent(cause: unknown, file: string): void {
  const status = StatusError.wrap(cause, `reading ${file}`);
  if (!hasCode(status, Code.NotFound) && (cause as NodeJS.ErrnoException).code !== "ENOTDIR") throw status;
}

/** Names come from files that others have written: none may lead out of the directory. */
function fileOf(directory: string, name: string): string {
  const parts = name.split("/");
  if (parts.some((part) => part === "" || part === "." || part === ".." || part.includes("\0")))
    throw new StatusError(Code.InvalidArgument, `'${name}' is no file of a binary cache`);
  return join(directory, ...parts);
}
