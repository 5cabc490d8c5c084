import { digestKey, emptyHash, type BlobInfo, type Digest, type PackedDigests } from "../../digest/index.js";
import { throwIfAborted } from "../abort.js";
import type { BlobStore, CallOptions, HashedBlobStore } from "../blob-store.js";
import type { Gate } from "../gate.js";
import type { Generation } from "../index-db/generation.js";
import type { IndexDb } from "../index-db/index-db.js";
import type { BlobContents, SmallBlob } from "./blob-contents.js";
import type { BlobIndex } from "./blob-index.js";
import { createDistinct } from "./distinct-digests.js";
import { readBlob, readSmallBlobs } from "./read-blob.js";
import { createSmallBlobCommitter } from "./small-blob-committer.js";
import { commitLarge, hashSmallBlobs, writeBlob, writeLargeBlobs } from "./write-blob.js";

/** What a blob store over an index is made of. */
export interface BlobStoreParts {
  readonly index: IndexDb;
  readonly blobIndex: BlobIndex;
  readonly contents: BlobContents;
  readonly gate: Gate;
  readonly persistence: boolean;
  readonly generation: Generation;
}

/** A store of this machine, which may hold blobs as files of their own. */
export interface LocalBlobStore extends HashedBlobStore {
  /**
   * The path of a blob that is a regular file of its own (0444, mtime 1), to link or clone it; `undefined` for blobs that live in packs or are
   * absent. The file may vanish when garbage is collected, and must never be written to.
   */
  localFile(digest: Digest): string | undefined;

  /** {@link BlobStore.findMissing} of digests as numbers, none of the empty blob's: where in them the missing ones are, each named once. */
  findMissingPacked(digests: PackedDigests, options?: CallOptions): Promise<number[]>;

  /**
   * Begins to store a large file of this machine, whose contents the caller reads and hashes; `undefined` if this store or the size is not made
   * for that. The caller answers for the hashes being those of the file, and that it did not change meanwhile.
   */
  takeFile(path: string, sizeBytes: number): IncomingBlob | undefined;
}

/** A file on its way into the store; one of `keep` and `discard` ends it. */
export interface IncomingBlob {
  /** All of it is there already, because the file system lets both files share it: nothing is to be written. */
  readonly isCloned: boolean;
  /** Writes the next bytes, which must not change before it resolves. @throws StatusError ResourceExhausted. */
  write(bytes: Uint8Array): Promise<void>;
  /** Stores it under these hashes. @throws StatusError ResourceExhausted. */
  keep(info: BlobInfo): Promise<void>;
  /** Throws it away. Never fails. */
  discard(): Promise<void>;
}

/** Whether the store can name files of the machine. */
export function isLocalBlobStore(store: BlobStore): store is LocalBlobStore {
  return "localFile" in store;
}

/** The blob store that both leaves share. */
export function createIndexedBlobStore(parts: BlobStoreParts): LocalBlobStore {
  const { blobIndex, contents, gate } = parts;
  const commitSmall = createSmallBlobCommitter(blobIndex, contents, gate);
  const isEmpty = (digest: Digest): boolean => digest.hash === emptyHash[digest.fn] && digest.sizeBytes === 0;

  return {
    supports: { persistence: parts.persistence },
    read: (digest, options) => readBlob(parts, digest, options),
    readMany: (digests, options) => readSmallBlobs(parts, digests, options),
    write: (source, expected, options) => writeBlob({ ...parts, commitSmall }, source, expected, options),
    async writeMany(blobs) {
      const hashed = hashSmallBlobs(blobs);
      const isSmall = ({ info }: SmallBlob): boolean => info.sizeBytes <= contents.smallBytesMax;
      const small = hashed.filter((blob) => isSmall(blob) && blob.info.sizeBytes > 0);
      const large = hashed.filter((blob) => !isSmall(blob));
      if (large.length > 0) await writeLargeBlobs(parts, large);
      if (small.length > 0) await commitSmall(small);
      return hashed.map(({ info }) => info);
    },
    async stat(digest) {
      if (isEmpty(digest)) return blobIndex.infoByBlake3(emptyHash.blake3);
      return blobIndex.find(digest)?.info;
    },
    async findMissing(digests, options) {
      throwIfAborted(options?.signal);
      return gate.shared(async () => {
        const missing: Digest[] = [];
        const sizes = new Map<string, number>();
        // The same hash with several sizes is several digests; nobody honest asks for them.
        const others = new Set<string>();
        for (const digest of digests) {
          if (isEmpty(digest) || blobIndex.use(digest)) continue;
          const size = sizes.get(digest.hash);
          if (size === undefined) sizes.set(digest.hash, digest.sizeBytes);
          else if (size === digest.sizeBytes || others.has(digestKey(digest))) continue;
          else others.add(digestKey(digest));
          missing.push(digest);
        }
        return missing;
      });
    },
    async findMissingPacked(digests, options) {
      throwIfAborted(options?.signal);
      return gate.shared(async () => {
        const missing: number[] = [];
        const isNew = createDistinct(digests);
        for (let i = 0; i < digests.count; i++) if (!blobIndex.usePacked(digests, i) && isNew(i)) missing.push(i);
        return missing;
      });
    },
    takeFile(path, sizeBytes) {
      if (sizeBytes <= contents.smallBytesMax || contents.takeFile === undefined) return undefined;
      const file = contents.takeFile(path);
      return {
        isCloned: file.isCloned,
        write: (bytes) => file.write(bytes),
        keep: (info) => commitLarge(parts, info, file),
        discard: () => file.discard(),
      };
    },
    async statByHash(fn, hash) {
      return blobIndex.findByHash(fn, hash)?.info;
    },
    localFile(digest) {
      const record = isEmpty(digest) ? undefined : blobIndex.find(digest);
      return record === undefined ? undefined : contents.fileOf(record.place, record.info.blake3);
    },
  };
}
