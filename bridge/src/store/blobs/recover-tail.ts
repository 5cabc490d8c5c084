import fs from "node:fs";
import { blobInfoOf } from "../../digest/index.js";
import type { StoredBlob } from "./blob-index.js";
import { RECORD_HEADER_BYTES, SMALL_BYTES_MAX, decodeRecordHeader } from "./pack-format.js";

/** Read at once: some hundred records, or a few of the largest. */
const WINDOW_BYTES = 1024 * 1024;

/**
 * Finds the whole records that lie in a pack behind a place, and cuts off what follows the last of them: an append that a crash interrupted,
 * of which nobody was told that it was done. Bytes that the disk lost or mixed up do not have the hash in their header.
 *
 * @returns the blobs, and where the pack ends now.
 */
export function recoverTail(
  path: string,
  pack: number,
  start: number,
): { readonly blobs: readonly StoredBlob[]; readonly end: number } {
  const blobs: StoredBlob[] = [];
  const fd = fs.openSync(path, "r+");
  try {
    const window = Buffer.allocUnsafe(WINDOW_BYTES);
    let [windowStart, windowEnd] = [start, start];
    /** A view that the next call overwrites; shorter at the end of the file. */
    const bytesAt = (offset: number, length: number): Buffer => {
      if (offset + length > windowEnd) {
        windowStart = offset;
        windowEnd = offset + fs.readSync(fd, window, 0, WINDOW_BYTES, offset);
      }
      return window.subarray(offset - windowStart, Math.min(offset + length, windowEnd) - windowStart);
    };
    let end = start;
    for (;;) {
      const header = decodeRecordHeader(bytesAt(end, RECORD_HEADER_BYTES));
      if (header === undefined || header.sizeBytes > SMALL_BYTES_MAX) break;
      const offset = end + RECORD_HEADER_BYTES;
      const bytes = bytesAt(offset, header.sizeBytes);
      const info = blobInfoOf(bytes);
      if (info.sizeBytes !== header.sizeBytes || info.blake3 !== header.blake3) break;
      blobs.push({ info, place: { kind: "pack", pack, offset } });
      end = offset + header.sizeBytes;
    }
    fs.ftruncateSync(fd, end);
    return { blobs, end };
  } finally {
    fs.closeSync(fd);
  }
}
