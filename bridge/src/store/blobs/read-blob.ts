import { createHasher, emptyHash, formatDigest, hashBytes, type Digest } from "../../digest/index.js";
import { Code, StatusError } from "../../status/index.js";
import { throwIfAborted } from "../abort.js";
import type { CallOptions, ReadOptions } from "../blob-store.js";
import type { BlobReader } from "./blob-contents.js";
import type { BlobRecord } from "./blob-record.js";
import type { BlobStoreParts } from "./create-indexed-blob-store.js";

/** Large enough that the cost of a call does not show, small enough that many streams may be open. */
const PIECE_BYTES = 1024 * 1024;

/** {@link BlobStore.read} over the parts. */
export async function* readBlob(
  parts: BlobStoreParts,
  digest: Digest,
  options: ReadOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { signal, offset = 0 } = options;
  const pieceBytes = Math.min(PIECE_BYTES, options.pieceBytes ?? PIECE_BYTES);
  throwIfAborted(signal);
  if (!Number.isSafeInteger(offset) || offset < 0 || offset > digest.sizeBytes)
    throw new StatusError(
      Code.OutOfRange,
      `offset ${String(offset)} is outside of blob ${digest.hash}/${String(digest.sizeBytes)}`,
    );
  if (digest.sizeBytes === 0 && digest.hash === emptyHash[digest.fn]) return;
  const record = parts.blobIndex.find(digest);
  if (record === undefined)
    throw new StatusError(Code.NotFound, `blob ${formatDigest(digest)} (${digest.fn}) is not in the store`);
  parts.blobIndex.touch(record);
  const end = Math.min(digest.sizeBytes, offset + (options.length ?? digest.sizeBytes));
  if (offset >= end) return;
  const reader = await parts.contents.open(record.place, record.info.blake3);
  try {
    yield* pieces(parts, record, reader, { offset, end, pieceBytes, signal });
  } finally {
    await reader.close();
  }
}

/** The pieces of a range, the next one being read while the consumer works; the last is kept back until a whole blob has proved right. */
async function* pieces(
  parts: BlobStoreParts,
  record: BlobRecord,
  reader: BlobReader,
  range: {
    readonly offset: number;
    readonly end: number;
    readonly pieceBytes: number;
    readonly signal: AbortSignal | undefined;
  },
): AsyncGenerator<Uint8Array, void, undefined> {
  const { offset, end, pieceBytes, signal } = range;
  const whole = offset === 0 && end === record.info.sizeBytes;
  const hasher = whole ? createHasher("blake3") : undefined;
  const start = (at: number): Promise<Uint8Array> => {
    const piece = reader.read(at, Math.min(pieceBytes, end - at));
    piece.catch(() => undefined); // Awaited below unless the consumer stops early, when nobody cares.
    return piece;
  };
  let next = start(offset);
  for (let at = offset; at < end;) {
    throwIfAborted(signal);
    const piece = await next;
    const wanted = Math.min(pieceBytes, end - at);
    if (piece.byteLength !== wanted) throw await damaged(parts, record);
    at += wanted;
    if (at < end) next = start(at);
    hasher?.update(piece);
    if (at === end && hasher !== undefined && hasher.digest() !== record.info.blake3)
      throw await damaged(parts, record);
    yield piece;
  }
}

/** {@link BlobStore.readMany} over the parts. */
export async function readSmallBlobs(
  parts: BlobStoreParts,
  digests: readonly Digest[],
  options: CallOptions = {},
): Promise<(Uint8Array | undefined)[]> {
  throwIfAborted(options.signal);
  const result: (Uint8Array | undefined)[] = new Array<undefined>(digests.length).fill(undefined);
  const places: number[] = [];
  const records: BlobRecord[] = [];
  for (const [at, digest] of digests.entries()) {
    if (digest.sizeBytes === 0 && digest.hash === emptyHash[digest.fn]) result[at] = new Uint8Array();
    const record = parts.blobIndex.find(digest);
    if (record === undefined) continue;
    parts.blobIndex.touch(record);
    places.push(at);
    records.push(record);
  }
  const blobs = await parts.contents.readSmall(records);
  for (const [i, record] of records.entries()) {
    const bytes = blobs[i];
    // Of small blobs SHA-256 is known sooner: it is a call into Node itself.
    if (bytes?.byteLength !== record.info.sizeBytes || hashBytes("sha256", bytes) !== record.info.sha256)
      throw await damaged(parts, record);
    result[places[i]!] = bytes;
  }
  return result;
}

/**
 * Forgets a blob whose contents are not what its name says, so that the next client that has it uploads it again instead of being told that
 * it is here for ever.
 */
async function damaged(parts: BlobStoreParts, record: BlobRecord): Promise<StatusError> {
  const { info } = record;
  await parts.index
    .write(() => {
      parts.blobIndex.remove(info);
      parts.generation.bump();
    })
    .catch(() => undefined);
  return new StatusError(
    Code.DataLoss,
    `blob ${info.blake3}/${String(info.sizeBytes)} (blake3) is damaged on disk; it was dropped`,
  );
}
