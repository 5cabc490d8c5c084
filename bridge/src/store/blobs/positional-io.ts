import fs from "node:fs";

/** Reads up to `length` bytes at `position` into memory of its own: fewer only at the end of the file. */
export function readAt(fd: number, position: number, length: number): Promise<Uint8Array> {
  return readInto(fd, position, Buffer.allocUnsafeSlow(length));
}

/** Fills a buffer from `position` on. @returns the part that was filled: all, unless the file ends before. */
export function readInto(fd: number, position: number, buffer: Buffer): Promise<Uint8Array> {
  const length = buffer.byteLength;
  return new Promise((resolve, reject) => {
    const step = (done: number): void => {
      fs.read(fd, buffer, done, length - done, position + done, (error, count) => {
        if (error !== null) reject(error);
        else if (count === 0 || done + count === length) resolve(buffer.subarray(0, done + count));
        else step(done + count);
      });
    };
    if (length === 0) resolve(buffer);
    else step(0);
  });
}

/** So few are in the page cache before a thread would have begun with them. */
const AT_ONCE_BYTES_MAX = 16 * 1024;

/** Writes all of `bytes` at `position`. */
export async function writeAt(fd: number, position: number, bytes: Uint8Array): Promise<void> {
  if (bytes.byteLength > AT_ONCE_BYTES_MAX) return writeInThread(fd, position, bytes);
  for (let done = 0; done < bytes.byteLength;)
    done += fs.writeSync(fd, bytes, done, bytes.byteLength - done, position + done);
}

function writeInThread(fd: number, position: number, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const step = (done: number): void => {
      fs.write(fd, bytes, done, bytes.byteLength - done, position + done, (error, count) => {
        if (error !== null) reject(error);
        else if (done + count === bytes.byteLength) resolve();
        else step(done + count);
      });
    };
    step(0);
  });
}
