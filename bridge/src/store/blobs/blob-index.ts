import { emptyBlob, emptyHash, type BlobInfo, type Digest, type DigestFunction } from "../../digest/index.js";
import type { IndexDb } from "../index-db/index-db.js";
import { encodeLastUse, type UsageLog } from "../index-db/usage-log.js";
import { decodeBlobRecord, encodeBlobRecord, extentOfRecord, type BlobRecord, type Place } from "./blob-record.js";

/** The part of the index that knows blobs. All look-ups are synchronous. */
export interface BlobIndex {
  /** The record of a blob that is here, found by either digest; the size must be right too. Never the empty blob. */
  find(digest: Digest): BlobRecord | undefined;
  /** The same by a hash alone. */
  findByHash(fn: DigestFunction, hash: string): BlobRecord | undefined;
  /** The same by BLAKE3 alone, as castore names blobs. */
  findByBlake3(hash: string): BlobRecord | undefined;
  /** Both hashes by BLAKE3, the empty blob included. */
  infoByBlake3(hash: string): BlobInfo | undefined;
  touch(record: BlobRecord): void;
  /** Whether a blob (not the empty one) is here, noting the use if so: {@link find} and {@link touch} at half the cost. */
  use(digest: Digest): boolean;
  /** Inside of a transaction. */
  put(info: BlobInfo, place: Place): void;
  /** Inside of a transaction. */
  remove(info: BlobInfo): void;
}

/** @param mayHold whether a place can hold so many bytes (a power loss may have cut a pack off after the index knew of it). */
export function createBlobIndex(
  index: IndexDb,
  usage: UsageLog,
  mayHold: (place: Place, sizeBytes: number) => boolean,
): BlobIndex {
  const { blobs, sha256 } = index.tables;

  function findByBlake3(hash: string): BlobRecord | undefined {
    const value = blobs.get(Buffer.from(hash, "hex"));
    if (value === undefined) return undefined;
    const record = decodeBlobRecord(hash, value);
    return mayHold(record.place, record.info.sizeBytes) ? record : undefined;
  }

  function findByHash(fn: DigestFunction, hash: string): BlobRecord | undefined {
    if (fn === "blake3") return findByBlake3(hash);
    const other = sha256.get(Buffer.from(hash, "hex"));
    if (other === undefined) return undefined;
    return findByBlake3(Buffer.from(other.buffer, other.byteOffset, other.byteLength).toString("hex"));
  }

  return {
    findByBlake3,
    findByHash,
    find(digest) {
      const record = findByHash(digest.fn, digest.hash);
      return record?.info.sizeBytes === digest.sizeBytes ? record : undefined;
    },
    infoByBlake3: (hash) => (hash === emptyHash.blake3 ? emptyBlob : findByBlake3(hash)?.info),
    touch(record) {
      if (usage.isFresh(record.lastUse)) return;
      usage.touch("blobs", Buffer.from(record.info.blake3, "hex"), encodeLastUse(record.lastUse));
    },
    use(digest) {
      const hash = Buffer.from(digest.hash, "hex");
      const key = digest.fn === "blake3" ? hash : sha256.get(hash);
      const value = key === undefined ? undefined : blobs.get(key);
      if (key === undefined || value === undefined) return false;
      const { sizeBytes, place } = extentOfRecord(value);
      if (sizeBytes !== digest.sizeBytes || !mayHold(place, sizeBytes)) return false;
      usage.touch("blobs", key, value);
      return true;
    },
    put(info, place) {
      const key = Buffer.from(info.blake3, "hex");
      blobs.put(key, encodeBlobRecord({ info, place, lastUse: usage.nowSeconds() }));
      sha256.put(Buffer.from(info.sha256, "hex"), key);
    },
    remove(info) {
      blobs.remove(Buffer.from(info.blake3, "hex"));
      sha256.remove(Buffer.from(info.sha256, "hex"));
    },
  };
}
