import type { Digest } from "../../digest/index.js";
import { formatDigest, type DigestFunction } from "../../digest/index.js";
import { Code, StatusError, hasCode } from "../../status/index.js";
import type { BlobStore } from "../../store/index.js";
import type { BatchReadBlobsRequest, BatchReadBlobsResponse, BatchReadResponse } from "../codec/batch-read-blobs.js";
import type {
  BatchUpdateBlobsRequest,
  BatchUpdateBlobsResponse,
  BatchUpdateRequest,
} from "../codec/batch-update-blobs.js";
import type { RpcStatus } from "../codec/parts.js";
import { zstdCompressAll, zstdDecompressAll } from "../compression/zstd.js";
import { checkDigest, digestFunctionOf } from "../digest-function.js";
import type { CallContext } from "../rpc.js";

/** `Compressor.Value`. */
export const COMPRESSOR = { identity: 0, zstd: 1 } as const;

/** Smaller blobs hardly shrink, and packing one costs as much as sending it. */
const PACKED_BYTES_MIN = 512;

interface ReadyBlob {
  readonly bytes: Uint8Array;
  readonly expected: Digest;
}

const nothing = new Uint8Array();

/** BatchUpdateBlobs, after the caller's rights were checked. */
export async function updateBatch(
  blobs: BlobStore,
  request: BatchUpdateBlobsRequest,
  batchBytesMax: number,
  call: CallContext,
): Promise<BatchUpdateBlobsResponse> {
  const { requests } = request;
  const fn = digestFunctionOf(request.digestFunction, requests[0]?.digest?.hash);
  call.label({ digestFunction: fn });
  checkBatch(
    requests.reduce((sum, { data, digest }) => sum + Math.max(data.byteLength, digest?.sizeBytes ?? 0), 0),
    batchBytesMax,
  );
  const statuses = new Array<RpcStatus | undefined>(requests.length).fill(undefined);
  const ready: ReadyBlob[] = [];
  const places: number[] = [];
  for (const [i, blob] of requests.entries()) {
    try {
      ready.push(openBlob(blob, fn, call));
      places.push(i);
    } catch (error) {
      statuses[i] = statusOf(error);
    }
  }
  for (const [i, status] of (await storeAll(blobs, ready)).entries()) statuses[places[i]!] = status;
  return { responses: requests.map(({ digest }, i) => ({ digest, status: statuses[i] })) };
}

function openBlob({ digest, data, compressor }: BatchUpdateRequest, fn: DigestFunction, call: CallContext): ReadyBlob {
  const expected = checkDigest(fn, digest, "the digest of a blob");
  if (compressor === COMPRESSOR.identity) {
    call.countBytes("received", "identity", data.byteLength);
    return { bytes: data, expected };
  }
  if (compressor !== COMPRESSOR.zstd)
    throw new StatusError(
      Code.InvalidArgument,
      `compressor ${String(compressor)} is not supported in batches; this server takes zstd and identity`,
    );
  call.countBytes("received", "zstd", data.byteLength);
  return { bytes: zstdDecompressAll(data, expected.sizeBytes), expected };
}

/** Stores all in one commit; if one is not what it is said to be, each by itself, to learn which. */
async function storeAll(blobs: BlobStore, ready: readonly ReadyBlob[]): Promise<(RpcStatus | undefined)[]> {
  if (ready.length === 0) return [];
  try {
    await blobs.writeMany(ready);
    return ready.map(() => undefined);
  } catch (error) {
    if (!hasCode(error, Code.InvalidArgument) || ready.length === 1) return ready.map(() => statusOf(error));
  }
  return Promise.all(ready.map(async (blob) => (await storeAll(blobs, [blob]))[0]));
}

/** BatchReadBlobs, after the caller's rights were checked. */
export async function readBatch(
  blobs: BlobStore,
  request: BatchReadBlobsRequest,
  batchBytesMax: number,
  call: CallContext,
): Promise<BatchReadBlobsResponse> {
  const fn = digestFunctionOf(request.digestFunction, request.digests[0]?.hash);
  call.label({ digestFunction: fn });
  const mayPack = request.acceptableCompressors.includes(COMPRESSOR.zstd);
  const statuses = new Array<RpcStatus | undefined>(request.digests.length).fill(undefined);
  const digests: Digest[] = [];
  const places: number[] = [];
  for (const [i, digest] of request.digests.entries()) {
    try {
      digests.push(checkDigest(fn, digest, "a digest"));
      places.push(i);
    } catch (error) {
      statuses[i] = statusOf(error);
    }
  }
  checkBatch(
    digests.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    batchBytesMax,
  );
  const read = new Array<Uint8Array | undefined>(request.digests.length).fill(undefined);
  for (const [i, found] of (await readAll(blobs, digests, call.signal)).entries()) {
    if (found instanceof Uint8Array) read[places[i]!] = found;
    else statuses[places[i]!] = found;
  }
  return {
    responses: request.digests.map((digest, i): BatchReadResponse => {
      const bytes = read[i];
      if (bytes === undefined) return { digest, data: nothing, status: statuses[i], compressor: 0 };
      return { digest, status: undefined, ...packed(bytes, mayPack, call) };
    }),
  };
}

function packed(bytes: Uint8Array, mayPack: boolean, call: CallContext): { data: Uint8Array; compressor: number } {
  if (mayPack && bytes.byteLength >= PACKED_BYTES_MIN) {
    const data = zstdCompressAll(bytes);
    if (data.byteLength < bytes.byteLength) {
      call.countBytes("sent", "zstd", data.byteLength);
      return { data, compressor: COMPRESSOR.zstd };
    }
  }
  call.countBytes("sent", "identity", bytes.byteLength);
  return { data: bytes, compressor: COMPRESSOR.identity };
}

/** Bytes or why not, for each. A damaged blob fails a common read: then each is read by itself. */
async function readAll(
  blobs: BlobStore,
  digests: readonly Digest[],
  signal: AbortSignal,
): Promise<(Uint8Array | RpcStatus)[]> {
  try {
    const found = await blobs.readMany(digests, { signal });
    return found.map((bytes, i) => bytes ?? notFound(digests[i]!));
  } catch (error) {
    if (!hasCode(error, Code.DataLoss)) throw error;
    if (digests.length === 1) return [statusOf(error)];
  }
  return Promise.all(digests.map(async (digest) => (await readAll(blobs, [digest], signal))[0]!));
}

function notFound(digest: Digest): RpcStatus {
  return { code: Code.NotFound, message: `blob ${formatDigest(digest)} (${digest.fn}) is not in the store` };
}

function checkBatch(sizeBytes: number, batchBytesMax: number): void {
  if (sizeBytes > batchBytesMax)
    throw new StatusError(
      Code.InvalidArgument,
      `a batch of ${String(sizeBytes)} bytes is larger than the ${String(batchBytesMax)} bytes that this server announces; send smaller ones, or use ByteStream`,
    );
}

function statusOf(error: unknown): RpcStatus {
  const { code, message } = StatusError.from(error);
  return { code, message };
}
