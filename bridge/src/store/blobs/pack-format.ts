import type { SmallBlob } from "./blob-contents.js";

/*
 * A pack: records one after the other, each a header of 40 bytes (magic "CWB1", length of the contents as u32 little endian, BLAKE3) and the
 * contents. The index knows where the contents of each blob begin; the headers are there so that a pack can be read without the index.
 */

const MAGIC = Buffer.from("CWB1", "latin1");

/** Bytes before the contents of each record. */
export const RECORD_HEADER_BYTES = 40;

/** Blobs up to this live in packs: a file costs 4 KiB of disk, an inode, and 30 µs to delete, all of it noise for larger ones. */
export const SMALL_BYTES_MAX = 128 * 1024;

/** A pack that has grown past this is not appended to any more: compaction then rewrites this much at once, in about a second. */
export const PACK_BYTES_MAX = 256 * 1024 * 1024;

/** The bytes of the records, and where in them each one's contents begin. @param memory Is used if it is large enough. */
export function encodePackRecords(
  records: readonly SmallBlob[],
  memory?: Buffer,
): { bytes: Buffer; offsets: number[] } {
  let sizeBytes = 0;
  for (const { bytes } of records) sizeBytes += RECORD_HEADER_BYTES + bytes.byteLength;
  const isRoomy = memory !== undefined && memory.byteLength >= sizeBytes;
  const bytes = isRoomy ? memory.subarray(0, sizeBytes) : Buffer.allocUnsafe(sizeBytes);
  const offsets: number[] = [];
  let at = 0;
  for (const record of records) {
    MAGIC.copy(bytes, at);
    bytes.writeUInt32LE(record.bytes.byteLength, at + 4);
    bytes.write(record.info.blake3, at + 8, "hex");
    at += RECORD_HEADER_BYTES;
    offsets.push(at);
    bytes.set(record.bytes, at);
    at += record.bytes.byteLength;
  }
  return { bytes, offsets };
}

/** What a header says; `undefined` if it is none. */
export function decodeRecordHeader(bytes: Buffer): { readonly sizeBytes: number; readonly blake3: string } | undefined {
  if (bytes.byteLength < RECORD_HEADER_BYTES || !bytes.subarray(0, 4).equals(MAGIC)) return undefined;
  return { sizeBytes: bytes.readUInt32LE(4), blake3: bytes.toString("hex", 8, RECORD_HEADER_BYTES) };
}

/** The file name of a pack. */
export function packName(pack: number): string {
  return `${String(pack).padStart(8, "0")}.pack`;
}

/** The number of a pack, from its file name; `undefined` for another file. */
export function packNumber(name: string): number | undefined {
  const match = /^(\d{8})\.pack$/.exec(name);
  return match === null ? undefined : Number(match[1]);
}

/** What the keys of {@link packEndKey} begin with. */
export const PACK_END_PREFIX = "pack-end/";

/** The key in table `meta` under which the committed length of a pack is kept (6 bytes, little endian). */
export function packEndKey(pack: number): Buffer {
  return Buffer.from(PACK_END_PREFIX + packName(pack), "latin1");
}

export function encodePackEnd(sizeBytes: number): Buffer {
  const value = Buffer.allocUnsafe(6);
  value.writeUIntLE(sizeBytes, 0, 6);
  return value;
}

export function decodePackEnd(value: Uint8Array | undefined): number {
  return value === undefined ? 0 : Buffer.from(value).readUIntLE(0, 6);
}
