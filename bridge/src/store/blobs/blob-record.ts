import type { BlobInfo } from "../../digest/index.js";

/** Where the contents of a blob are: in a pack at an offset, or in a file of its own named by its BLAKE3. */
export type Place =
  { readonly kind: "pack"; readonly pack: number; readonly offset: number } | { readonly kind: "file" };

/** What the index keeps of a blob under its BLAKE3. */
export interface BlobRecord {
  readonly info: BlobInfo;
  readonly place: Place;
  /** Seconds since the epoch, within the granularity of the usage log; kept right while the record is remembered. */
  lastUse: number;
}

/**
 * The value of table `blobs` (the key is the raw BLAKE3), 53 bytes, little endian: last use (4), SHA-256 (32), size (6), kind (1; 0 = file,
 * 1 = pack), pack (4), offset (6).
 */
export const BLOB_RECORD_BYTES = 53;
const SHA256_AT = 4;
const SIZE_AT = 36;
const KIND_AT = 42;
const PACK_AT = 43;
const OFFSET_AT = 47;

export function encodeBlobRecord(record: BlobRecord): Buffer {
  const bytes = Buffer.allocUnsafe(BLOB_RECORD_BYTES);
  writeBlobRecord(bytes, 0, record);
  return bytes;
}

/** {@link encodeBlobRecord} into memory at hand. @returns where it ends. */
export function writeBlobRecord(bytes: Buffer, at: number, { info, place, lastUse }: BlobRecord): number {
  bytes.writeUInt32LE(lastUse, at);
  bytes.write(info.sha256, at + SHA256_AT, "hex");
  bytes.writeUIntLE(info.sizeBytes, at + SIZE_AT, 6);
  const isPacked = place.kind === "pack";
  bytes[at + KIND_AT] = isPacked ? 1 : 0;
  bytes.writeUInt32LE(isPacked ? place.pack : 0, at + PACK_AT);
  bytes.writeUIntLE(isPacked ? place.offset : 0, at + OFFSET_AT, 6);
  return at + BLOB_RECORD_BYTES;
}

export function decodeBlobRecord(blake3: string, value: Uint8Array): BlobRecord {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return {
    info: { blake3, sha256: bytes.toString("hex", SHA256_AT, SIZE_AT), sizeBytes: bytes.readUIntLE(SIZE_AT, 6) },
    place: placeOf(bytes),
    lastUse: bytes.readUInt32LE(0),
  };
}

function placeOf(bytes: Buffer): Place {
  if (bytes[KIND_AT] !== 1) return { kind: "file" };
  return { kind: "pack", pack: bytes.readUInt32LE(PACK_AT), offset: bytes.readUIntLE(OFFSET_AT, 6) };
}
