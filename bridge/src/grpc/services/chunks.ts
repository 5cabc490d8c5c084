import { digestKey, digestOf, formatDigest, type Digest } from "../../digest/index.js";
import { createChunker, reapiChunking } from "../../formats/fastcdc/index.js";
import { Code, StatusError } from "../../status/index.js";
import type { BlobStore } from "../../store/index.js";
import {
  FAST_CDC_2020,
  type SpliceBlobRequest,
  type SplitBlobRequest,
  type SplitBlobResponse,
} from "../codec/chunks.js";
import { checkDigest, digestFunctionOf } from "../digest-function.js";
import type { CallContext } from "../rpc.js";

/** How we cut, as announced: REAPI recommends this average. */
export const CHUNK_AVERAGE_BYTES = 524_288;
/** Chunks of about this size together are stored in one commit. */
const COMMIT_BYTES = 8 * 1024 * 1024;
/** An answer names each chunk with some 75 bytes, and has to fit a message. */
const CHUNKS_MAX = 40_000;
/** Lists of chunks remembered: cutting reads all of the blob. */
const REMEMBERED_MAX = 1_024;
const REMEMBERED_CHUNKS_MAX = 200_000;

/** SplitBlob and SpliceBlob over one store. */
export interface Chunks {
  split(request: SplitBlobRequest, call: CallContext): Promise<SplitBlobResponse>;
  /** @returns the digest of the blob that is now there. */
  splice(request: SpliceBlobRequest, call: CallContext): Promise<Digest>;
}

export function createChunks(blobs: BlobStore, blobBytesMax: number): Chunks {
  const lists = createRecentLists();

  async function cut(blob: Digest, call: CallContext): Promise<readonly Digest[]> {
    const chunker = createChunker(reapiChunking(CHUNK_AVERAGE_BYTES));
    const chunks: Digest[] = [];
    let open: Uint8Array[] = [];
    let ready: { readonly bytes: Uint8Array }[] = [];
    let readyBytes = 0;
    const commit = async (): Promise<void> => {
      for (const info of await blobs.writeMany(ready)) chunks.push(digestOf(info, blob.fn));
      ready = [];
      readyBytes = 0;
    };
    const close = (): void => {
      const bytes = open.length === 1 ? open[0]! : Buffer.concat(open);
      open = [];
      ready.push({ bytes });
      readyBytes += bytes.byteLength;
    };
    let openBytes = 0;
    for await (const piece of blobs.read(blob, { signal: call.signal })) {
      let from = 0;
      for (const length of chunker.push(piece)) {
        const to = from + length - openBytes;
        open.push(piece.subarray(from, to));
        close();
        openBytes = 0;
        from = to;
      }
      if (from < piece.byteLength) open.push(piece.subarray(from));
      openBytes += piece.byteLength - from;
      if (readyBytes >= COMMIT_BYTES) await commit();
    }
    if (openBytes > 0) close();
    if (ready.length > 0) await commit();
    return chunks;
  }

  return {
    async split(request, call) {
      const fn = digestFunctionOf(request.digestFunction, request.blobDigest?.hash);
      call.label({ digestFunction: fn });
      const blob = checkDigest(fn, request.blobDigest, "blob_digest");
      if (blob.sizeBytes > CHUNKS_MAX * (CHUNK_AVERAGE_BYTES / 2))
        throw new StatusError(
          Code.ResourceExhausted,
          `blob ${formatDigest(blob)} has more chunks than an answer can name; read it whole`,
        );
      const [absent] = await blobs.findMissing([blob]);
      if (absent !== undefined) throw notFound(blob);
      let chunkDigests = lists.get(blob);
      // A chunk lives for itself, and may have been collected since.
      if (chunkDigests === undefined || (await blobs.findMissing(chunkDigests)).length > 0) {
        chunkDigests = await cut(blob, call);
        lists.put(blob, chunkDigests);
      }
      return { chunkDigests, chunkingFunction: FAST_CDC_2020 };
    },

    async splice(request, call) {
      const fn = digestFunctionOf(request.digestFunction, request.blobDigest?.hash);
      call.label({ digestFunction: fn });
      const blob = checkDigest(fn, request.blobDigest, "blob_digest");
      const chunks = request.chunkDigests.map((digest) => checkDigest(fn, digest, "a digest of chunk_digests"));
      if (blob.sizeBytes > blobBytesMax)
        throw new StatusError(Code.InvalidArgument, `blob ${formatDigest(blob)} is larger than this server takes`);
      const sum = chunks.reduce((bytes, { sizeBytes }) => bytes + sizeBytes, 0);
      if (sum !== blob.sizeBytes)
        throw new StatusError(
          Code.InvalidArgument,
          `the chunks have ${String(sum)} bytes together, and blob ${formatDigest(blob)} has another size`,
        );
      const [absent] = await blobs.findMissing(chunks);
      if (absent !== undefined) throw notFound(absent);
      if ((await blobs.findMissing([blob])).length > 0)
        await blobs.write(concatenated(blobs, chunks, call.signal), blob, { signal: call.signal });
      return blob;
    },
  };
}

async function* concatenated(
  blobs: BlobStore,
  chunks: readonly Digest[],
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (const chunk of chunks) yield* blobs.read(chunk, { signal });
}

function notFound(digest: Digest): StatusError {
  return new StatusError(Code.NotFound, `blob ${formatDigest(digest)} (${digest.fn}) is not in the store`);
}

/** The lists used last, within bounds. */
function createRecentLists(): {
  get(blob: Digest): readonly Digest[] | undefined;
  put(blob: Digest, list: readonly Digest[]): void;
} {
  const lists = new Map<string, readonly Digest[]>();
  let chunks = 0;
  const remove = (key: string): void => {
    chunks -= lists.get(key)?.length ?? 0;
    lists.delete(key);
  };
  return {
    get(blob) {
      const key = digestKey(blob);
      const list = lists.get(key);
      if (list === undefined) return undefined;
      lists.delete(key);
      lists.set(key, list);
      return list;
    },
    put(blob, list) {
      const key = digestKey(blob);
      remove(key);
      lists.set(key, list);
      chunks += list.length;
      for (const oldest of lists.keys()) {
        if (lists.size <= REMEMBERED_MAX && chunks <= REMEMBERED_CHUNKS_MAX) break;
        remove(oldest);
      }
    },
  };
}
