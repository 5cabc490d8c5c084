import {
  HASH_WORDS,
  emptyBlob,
  emptyHash,
  wordsToHash,
  type BlobInfo,
  type Digest,
  type DigestFunction,
  type PackedDigests,
} from "../../digest/index.js";
import type { TableEntry } from "../index-db/index-db.js";
import { encodeLastUse, type UsageLog } from "../index-db/usage-log.js";
import type { BlobRecord, Place } from "./blob-record.js";
import type { BlobRecords } from "./blob-records.js";

/** A blob, and where its contents are. */
export interface StoredBlob {
  readonly info: BlobInfo;
  readonly place: Place;
}

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
  /** Whether a blob (not the empty one) is here, noting the use if so. */
  use(digest: Digest): boolean;
  /** The same for one of many. */
  usePacked(digests: PackedDigests, i: number): boolean;
  /** Makes small blobs known whose contents are stored; see {@link BlobRecords.add}. */
  add(blobs: readonly StoredBlob[], marks: readonly TableEntry[]): void;
  /** Resolves when more may be added. @throws StatusError ResourceExhausted if there is no room for what was added before. */
  room(): Promise<void>;
  /** Inside of a transaction. */
  put(info: BlobInfo, place: Place): void;
  /** Inside of a transaction. */
  remove(info: BlobInfo): void;
}

/** @param mayHold whether a place can hold so many bytes (a power loss may have cut a pack off after the index knew of it). */
export function createBlobIndex(
  records: BlobRecords,
  usage: UsageLog,
  mayHold: (place: Place, sizeBytes: number) => boolean,
): BlobIndex {
  function findByHash(fn: DigestFunction, hash: string): BlobRecord | undefined {
    const record = records.find(fn, hash);
    return record !== undefined && mayHold(record.place, record.info.sizeBytes) ? record : undefined;
  }

  function find(digest: Digest): BlobRecord | undefined {
    const record = findByHash(digest.fn, digest.hash);
    return record?.info.sizeBytes === digest.sizeBytes ? record : undefined;
  }

  function touch(record: BlobRecord): void {
    if (usage.isFresh(record.lastUse)) return;
    usage.touch("blobs", Buffer.from(record.info.blake3, "hex"), encodeLastUse(record.lastUse));
    record.lastUse = usage.nowSeconds();
    records.memo.noteUse(record);
  }

  function use(digest: Digest): boolean {
    const record = find(digest);
    if (record !== undefined) touch(record);
    return record !== undefined;
  }

  return {
    find,
    findByHash,
    findByBlake3: (hash) => findByHash("blake3", hash),
    infoByBlake3: (hash) => (hash === emptyHash.blake3 ? emptyBlob : findByHash("blake3", hash)?.info),
    touch,
    use,
    usePacked(digests, i) {
      const { fn, words } = digests;
      const sizeBytes = digests.sizes[i]!;
      const { memo } = records;
      const slot = memo.slotOf(fn, words, i * HASH_WORDS);
      if (slot < 0 && records.isAbsent(fn, words[i * HASH_WORDS]!)) return false;
      if (slot < 0 || !usage.isFresh(memo.lastUseAt(slot)))
        return use({ fn, hash: wordsToHash(words, i * HASH_WORDS), sizeBytes });
      return memo.sizeBytesAt(slot) === sizeBytes && mayHold(memo.placeAt(slot), sizeBytes);
    },
    add(blobs, marks) {
      const lastUse = usage.nowSeconds();
      records.add(
        blobs.map(({ info, place }) => ({ info, place, lastUse })),
        marks,
      );
    },
    async room() {
      if (records.isFull) await records.flush();
    },
    put: (info, place) => {
      records.put({ info, place, lastUse: usage.nowSeconds() });
    },
    remove: (info) => {
      records.remove(info);
    },
  };
}
