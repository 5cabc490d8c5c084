/** Bounds of what CAS, ByteStream and action cache take and answer. */
export interface CasLimits {
  /** Of all blobs of a batch together, uncompressed; announced to clients. */
  readonly batchBytesMax: number;
  /** Of one blob; announced to clients. */
  readonly blobBytesMax: number;
  /** Of a message in an answer, as clients receive by default; batches stay below it by themselves. */
  readonly messageBytesMax: number;
}

/**
 * gRPC clients take messages of 4 MiB unless told otherwise. A batch leaves an eighth of that for the digests beside the data: enough where
 * blobs have 600 bytes on average.
 */
export const defaultCasLimits: CasLimits = {
  batchBytesMax: 3_670_016,
  blobBytesMax: 64 * 2 ** 30,
  messageBytesMax: 4 * 2 ** 20,
};
