import type { BlobInfo, Digest, DigestFunction } from "../digest/index.js";

/** Bounds and cancels a call. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** How to write a stream. */
export interface WriteOptions extends CallOptions {
  /** About how large the blob will be, where its digest is not known: a large one is hashed by another thread. */
  readonly likelySizeBytes?: number;
}

/** Which part of a blob to read. */
export interface ReadOptions extends CallOptions {
  /** From which byte; 0 unless said. */
  readonly offset?: number;
  /** At most how many bytes; all to the end unless said. */
  readonly length?: number;
  /** How large pieces should be at the most: for consumers of which there may be many, and slow ones. */
  readonly pieceBytes?: number;
}

/**
 * Content-addressed bytes. A blob is stored once and found under both of its digests; the empty blob is always there.
 * Streams are single pass: pieces are not empty and not reused by the producer; a consumer may stop early, which releases everything.
 */
export interface BlobStore {
  /** What this store can do; the conformance suite reads it to choose its cases. */
  readonly supports: { readonly persistence: boolean };

  /**
   * The contents. Whole reads are checked against the digest: a damaged blob fails with DataLoss instead of ending well.
   *
   * @throws StatusError NotFound; OutOfRange if `offset` is negative or past the end; DataLoss.
   */
  read(digest: Digest, options?: ReadOptions): AsyncIterable<Uint8Array>;

  /**
   * Many small blobs in one round trip, whole, each checked. The result has the order of the request, `undefined` where a blob is absent.
   * For blobs of at most a few megabytes together.
   */
  readMany(digests: readonly Digest[], options?: CallOptions): Promise<(Uint8Array | undefined)[]>;

  /**
   * Stores a stream whose digest may be known beforehand. Consumes `source` once and closes it, also when it fails.
   * When the promise resolves the blob survives the death of the process and can be read.
   *
   * @throws StatusError InvalidArgument if `expected` is given and size or hash differ (nothing is stored then); ResourceExhausted.
   */
  write(source: AsyncIterable<Uint8Array>, expected?: Digest, options?: WriteOptions): Promise<BlobInfo>;

  /** Stores many blobs that are in memory, the small ones in one commit. Nothing is stored if one is not what it is said to be. @throws StatusError as {@link write}. */
  writeMany(blobs: readonly { readonly bytes: Uint8Array; readonly expected?: Digest }[]): Promise<BlobInfo[]>;

  /** Both digests and the size of a blob that is here, else `undefined`. Does not count as a use. */
  stat(digest: Digest): Promise<BlobInfo | undefined>;

  /** Which of these are absent, each once, in the order of the request. Those that are here count as used now. */
  findMissing(digests: readonly Digest[], options?: CallOptions): Promise<Digest[]>;
}

/** A blob store that finds blobs by their hash alone, for protocols and clients that name no sizes. */
export interface HashedBlobStore extends BlobStore {
  /** As {@link BlobStore.stat}; never the empty blob. */
  statByHash(fn: DigestFunction, hash: string): Promise<BlobInfo | undefined>;
}
