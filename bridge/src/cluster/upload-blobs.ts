import { randomUUID } from "node:crypto";
import { blobResourceName, formatDigest, type Digest } from "../digest/index.js";
import { codeOf, formatWriteName, hotMethods, zstdCompress } from "../grpc/index.js";
import { Code, StatusError } from "../status/index.js";
import type { BlobStore, Clock } from "../store/index.js";
import { createLimiter } from "../coordinator/limiter.js";
import { inBatches } from "./batches.js";
import { headOf, wireDigest, type ClusterConnection } from "./connect-cluster.js";

/** Calls at once: enough to hide the way to another machine, few enough to hold their batches in memory. */
const CALLS_AT_ONCE = 8;
/** Of one message of a stream. */
const PIECE_BYTES = 512 * 1024;
/** Of a stream, per megabyte that a slow line needs; besides the minute that every call has. */
const SLOW_MS_PER_MIB = 2_000;
const CALL_MS = 60_000;

/** What was sent. */
export interface Sent {
  readonly blobs: number;
  readonly sizeBytes: number;
  /** While something was on its way. */
  readonly durationMs: number;
}

/** Sends blobs to a cluster, each once at a time whoever asks. */
export interface BlobUploader {
  /** Totals since the start. */
  readonly sent: Sent;
  /** @throws StatusError FailedPrecondition (missing blobs in `details`) if one of them is not here; what the cluster fails with. */
  upload(digests: readonly Digest[], signal?: AbortSignal): Promise<void>;
}

/** Creates what takes blobs out of a store and sends them to a cluster. */
export function createBlobUploader(cluster: ClusterConnection, blobs: BlobStore, clock: Clock): BlobUploader {
  const limiter = createLimiter(CALLS_AT_ONCE);
  const underWay = new Map<string, Promise<void>>();
  const sent = { blobs: 0, sizeBytes: 0, durationMs: 0 };
  let beganMs = 0;

  function start(digests: readonly Digest[], upload: () => Promise<void>): Promise<void> {
    if (underWay.size === 0) beganMs = clock.nowMs();
    const uploading = limiter(upload).finally(() => {
      for (const { hash } of digests) underWay.delete(hash);
      if (underWay.size === 0) sent.durationMs += clock.nowMs() - beganMs;
    });
    for (const { hash } of digests) underWay.set(hash, uploading);
    return uploading.then(() => {
      sent.blobs += digests.length;
      for (const { sizeBytes } of digests) sent.sizeBytes += sizeBytes;
    });
  }

  return {
    sent,
    async upload(digests, signal) {
      const waits: Promise<void>[] = [];
      const fresh: Digest[] = [];
      const { blobBytesMax, batchBytesMax } = cluster.capabilities;
      for (const digest of digests) if (digest.sizeBytes > blobBytesMax) throw tooLarge(cluster, digest);
      for (const digest of digests) {
        const other = underWay.get(digest.hash);
        if (other === undefined) fresh.push(digest);
        // Who began it may have gone away: then it is ours.
        else waits.push(other.catch(() => this.upload([digest], signal)));
      }
      const { batches, large } = inBatches(fresh, batchBytesMax);
      for (const batch of batches) waits.push(start(batch, () => uploadBatch(cluster, blobs, batch, signal)));
      for (const digest of large) waits.push(start([digest], () => uploadStream(cluster, blobs, digest, signal)));
      const ended = await Promise.allSettled(waits);
      for (const end of ended) if (end.status === "rejected") throw end.reason;
    },
  };
}

async function uploadBatch(
  cluster: ClusterConnection,
  blobs: BlobStore,
  batch: readonly Digest[],
  signal: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted();
  let left = batch;
  await cluster.retry(async () => {
    const contents = await blobs.readMany(left);
    const requests = left.map((digest, i) => {
      const data = contents[i];
      if (data === undefined) throw gone(digest);
      return { digest: wireDigest(digest), data, compressor: 0 };
    });
    const { responses } = await cluster.channel.unary(
      hotMethods.cas.batchUpdateBlobs,
      { ...headOf(cluster), requests },
      signal === undefined ? {} : { signal },
    );
    const codes = new Map(responses.map(({ digest, status }) => [digest?.hash ?? "", status]));
    const failed = left.filter(({ hash }) => !codes.has(hash) || (codes.get(hash)?.code ?? 0) !== 0);
    left = failed;
    const [first] = failed;
    if (first === undefined) return;
    const status = codes.get(first.hash);
    throw new StatusError(
      codeOf(status?.code ?? Code.Unknown),
      `uploading blob ${formatDigest(first)}: ${status?.message ?? "the server does not say what became of it"}`,
    );
  }, signal);
}

async function uploadStream(
  cluster: ClusterConnection,
  blobs: BlobStore,
  digest: Digest,
  signal: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted();
  const compressor = cluster.compress ? "zstd" : "identity";
  const { instanceName } = cluster;
  await cluster.retry(async () => {
    if ((await blobs.stat(digest)) === undefined) throw gone(digest);
    const name = formatWriteName({ instanceName, digest, compressor, uuid: randomUUID() });
    const source = blobs.read(digest, signal === undefined ? {} : { signal });
    const { committedSize } = await cluster.channel.clientStream(
      hotMethods.byteStream.write,
      writeRequests(name, compressor === "zstd" ? zstdCompress(source) : source),
      { deadlineMs: streamMs(digest.sizeBytes), ...(signal === undefined ? {} : { signal }) },
    );
    // Of packed bytes servers count one or the other, or say -1; of plain ones there is one answer.
    if (compressor === "identity" && committedSize !== digest.sizeBytes)
      throw new StatusError(
        Code.DataLoss,
        `uploading blob ${formatDigest(digest)}: the server took ${committedSize} bytes`,
      );
  }, signal);
}

async function* writeRequests(
  resourceName: string,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ resourceName: string; writeOffset: number; finishWrite: boolean; data: Uint8Array }, void> {
  let writeOffset = 0;
  let isFirst = true;
  const message = (data: Uint8Array, finishWrite: boolean) => {
    const made = { resourceName: isFirst ? resourceName : "", writeOffset, finishWrite, data };
    isFirst = false;
    writeOffset += data.byteLength;
    return made;
  };
  for await (const piece of source)
    for (let at = 0; at < piece.byteLength; at += PIECE_BYTES)
      yield message(piece.subarray(at, at + PIECE_BYTES), false);
  yield message(new Uint8Array(), true);
}

/** For how long a stream of so many bytes may take. */
export function streamMs(sizeBytes: number): number {
  return CALL_MS + Math.ceil(sizeBytes / 2 ** 20) * SLOW_MS_PER_MIB;
}

function gone(digest: Digest): StatusError {
  return new StatusError(
    Code.FailedPrecondition,
    `blob ${formatDigest(digest)} of an input is not in our store any more`,
    { details: [{ kind: "missing-blobs", subjects: [blobResourceName(digest)] }] },
  );
}

function tooLarge({ url, capabilities }: ClusterConnection, digest: Digest): StatusError {
  return new StatusError(
    Code.InvalidArgument,
    `cluster ${url} takes no blob of ${digest.sizeBytes} bytes, only up to ${capabilities.blobBytesMax}`,
  );
}
