import {
  blobInfoOf,
  createSizedBlobHasher,
  digestOf,
  emptyBlob,
  formatDigest,
  type BlobInfo,
  type Digest,
} from "../../digest/index.js";
import { Code, StatusError } from "../../status/index.js";
import { throwIfAborted } from "../abort.js";
import type { WriteOptions } from "../blob-store.js";
import { createLatch } from "../latch.js";
import type { LargeBlobWriter, SmallBlob } from "./blob-contents.js";
import type { BlobStoreParts } from "./create-indexed-blob-store.js";
import type { SmallBlobCommitter } from "./small-blob-committer.js";

/** What writing needs. */
export interface WriteParts extends BlobStoreParts {
  readonly commitSmall: SmallBlobCommitter;
}

/** {@link BlobStore.write} over the parts. */
export async function writeBlob(
  parts: WriteParts,
  source: AsyncIterable<Uint8Array>,
  expected?: Digest,
  options: WriteOptions = {},
): Promise<BlobInfo> {
  using hasher = createSizedBlobHasher(expected?.sizeBytes ?? options.likelySizeBytes ?? 0);
  const known = expected !== undefined && parts.blobIndex.find(expected) !== undefined;
  const small: Uint8Array[] = [];
  let large: LargeBlobWriter | undefined;
  let sizeBytes = 0;
  try {
    for await (const piece of untilAborted(source, options.signal)) {
      sizeBytes += piece.byteLength;
      if (expected !== undefined && sizeBytes > expected.sizeBytes)
        throw wrongSize(expected, `more than ${String(expected.sizeBytes)}`);
      const hashing = hasher.update(piece);
      if (hashing !== undefined) await hashing;
      if (known) continue; // It is here: what remains to be done is to check that the client sends what it says.
      if (large === undefined && sizeBytes <= parts.contents.smallBytesMax) {
        small.push(piece);
        continue;
      }
      if (large === undefined) {
        large = await parts.contents.create();
        for (const early of small.splice(0)) await large.append(early);
      }
      await large.append(piece);
    }
    const info = await hasher.finish();
    if (expected !== undefined) checkExpected(info, expected);
    if (info.sizeBytes === 0) return emptyBlob;
    if (large === undefined && !known) await parts.commitSmall([{ info, bytes: Buffer.concat(small) }]);
    else await commitLarge(parts, info, large);
    large = undefined;
    return info;
  } finally {
    await large?.discard();
  }
}

/** What ends a large blob, whoever wrote it. */
type EndOfWriting = Pick<LargeBlobWriter, "keep" | "discard">;

/** Makes a large blob known, unless another writer was quicker. Without a writer it is only marked as used. */
export async function commitLarge(
  parts: BlobStoreParts,
  info: BlobInfo,
  large: EndOfWriting | undefined,
): Promise<void> {
  await parts.gate.shared(async () => {
    const record = parts.blobIndex.findByBlake3(info.blake3);
    if (record !== undefined) {
      parts.blobIndex.touch(record);
      await large?.discard();
      return;
    }
    if (large === undefined)
      throw new StatusError(Code.Aborted, `blob ${info.blake3} was removed while it was uploaded again`);
    const place = await large.keep(info.blake3);
    await parts.index.write(() => {
      parts.blobIndex.put(info, place);
    });
  });
}

/** Files that a batch writes at once. */
const LARGE_AT_ONCE = 8;

/** Stores those of a batch that are no small blobs. (In a pack nobody would find them after a crash: its records have a bound.) */
export async function writeLargeBlobs(parts: BlobStoreParts, blobs: readonly SmallBlob[]): Promise<void> {
  const left = [...new Map(blobs.map((blob) => [blob.info.blake3, blob])).values()];
  const work = async (): Promise<void> => {
    for (let blob = left.pop(); blob !== undefined; blob = left.pop()) await writeLarge(parts, blob);
  };
  // All of them have ended before one's failure is told.
  const ended = await Promise.allSettled(Array.from({ length: Math.min(LARGE_AT_ONCE, left.length) }, work));
  for (const each of ended) if (each.status === "rejected") throw each.reason;
}

async function writeLarge(parts: BlobStoreParts, { info, bytes }: SmallBlob): Promise<void> {
  const isKnown = parts.blobIndex.findByBlake3(info.blake3) !== undefined;
  const large = isKnown ? undefined : await parts.contents.create();
  try {
    await large?.append(bytes);
    await commitLarge(parts, info, large);
  } catch (error) {
    await large?.discard();
    throw error;
  }
}

/** Hashes and checks a batch. @throws StatusError InvalidArgument if one is not what it is said to be. */
export function hashSmallBlobs(
  blobs: readonly { readonly bytes: Uint8Array; readonly expected?: Digest }[],
): SmallBlob[] {
  return blobs.map(({ bytes, expected }) => {
    const info = blobInfoOf(bytes);
    if (expected !== undefined) checkExpected(info, expected);
    return { info, bytes };
  });
}

function checkExpected(info: BlobInfo, expected: Digest): void {
  if (info.sizeBytes !== expected.sizeBytes) throw wrongSize(expected, String(info.sizeBytes));
  if (info[expected.fn] === expected.hash) return;
  throw new StatusError(
    Code.InvalidArgument,
    `blob ${formatDigest(expected)} was announced, but the bytes have ${expected.fn} ${digestOf(info, expected.fn).hash}`,
  );
}

function wrongSize(expected: Digest, got: string): StatusError {
  return new StatusError(Code.InvalidArgument, `blob ${formatDigest(expected)} was announced, but ${got} bytes came`);
}

/** The source, ended with the signal's reason when it aborts, also while the source is silent. Closes the source in every case. */
async function* untilAborted(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (signal === undefined) {
    yield* source;
    return;
  }
  const iterator = source[Symbol.asyncIterator]();
  const aborted = createLatch();
  signal.addEventListener("abort", aborted.open);
  let ended = false;
  try {
    for (;;) {
      throwIfAborted(signal);
      const next = await aborted.orOpen(iterator.next());
      throwIfAborted(signal);
      if (next === undefined || next.done === true) {
        ended = true;
        return;
      }
      yield next.value;
    }
  } finally {
    signal.removeEventListener("abort", aborted.open);
    // Not awaited when aborted: a generator that hangs in `next` would not return before that ends.
    const closing = ended ? undefined : iterator.return?.();
    if (!signal.aborted) await closing;
    else closing?.catch(() => undefined);
  }
}
