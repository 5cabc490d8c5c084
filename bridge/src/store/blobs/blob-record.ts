import type { BlobInfo } from "../../digest/index.js";

/** Where the contents of a blob are: in a pack at an offset, or in a file of its own named by its BLAKE3. */
export type Place =
  { readonly kind: "pack"; readonly pack: number; readonly offset: number } | { readonly kind: "file" };

/** What the index keeps of a blob under its BLAKE3. */
export interface BlobRecord {
  readonly info: BlobInfo;
  readonly place: Place;
  /** Seconds since the epoch, within the granularity of the usage log. */
  readonly lastUse: number;
}

/**
 * The value of table `blobs` (the key is the raw BLAKE3), 53 bytes, little endian: last use (4), SHA-256 (32), size (6), kind (1; 0 = file,
 * 1 = pack), pack (4), offset (6).
 */
const BLOB_RECORD_BYTES = 53;
const SHA256_AT = 4;
const SIZE_AT = 36;
const KIND_AT = 42;
const PACK_AT = 43;
const OFFSET_AT = 47;

export function encodeBlobRecord(record: BlobRecord): Buffer {
  const bytes = Buffer.alloc(BLOB_RECORD_BYTES);
  bytes.writeUInt32LE(record.lastUse, 0);
  bytes.write(record.info.sha256, SHA256_AT, "hex");
  bytes.writeUIntLE(record.info.sizeBytes, SIZE_AT, 6);
  if (record.place.kind === "pack") {
    bytes.writeUInt8(1, KIND_AT);
    bytes.writeUInt32LE(record.place.pack, PACK_AT);
    bytes.writeUIntLE(record.place.offset, OFFSET_AT, 6);
  }
  return bytes;
}

export function decodeBlobRecord(blake3: string, value: Uint8Array): BlobRecord {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return {
    info: { blake3, sha256: bytes.toString("hex", SHA256_AT, SIZE_AT), sizeBytes: bytes.readUIntLE(SIZE_AT, 6) },
    place: placeOf(bytes),
    lastUse: bytes.readUInt32LE(0),
  };
}

/** Size and place alone, without the cost of the hashes' hex digits. */
export function extentOfRecord(value: Uint8Array): { readonly sizeBytes: number; readonly place: Place } {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return { sizeBytes: bytes.readUIntLE(SIZE_AT, 6), place: placeOf(bytes) };
}

function placeOf(bytes: Buffer): Place {
  if (bytes[KIND_AT] !== 1) return { kind: "file" };
  return { kind: "pack", pack: bytes.readUInt32LE(PACK_AT), offset: bytes.readUIntLE(OFFSET_AT, 6) };
}
