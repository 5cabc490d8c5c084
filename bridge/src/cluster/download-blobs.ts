import { digestKey, formatDigest, blobResourceName, hashBytes, type Digest } from "../digest/index.js";
import { codeOf, formatReadName, hotMethods, zstdDecompress } from "../grpc/index.js";
import { Code, StatusError, hasCode } from "../status/index.js";
import type { BlobStore } from "../store/index.js";
import { createLimiter } from "../coordinator/limiter.js";
import { inBatches } from "./batches.js";
import { headOf, wireDigest, type ClusterConnection } from "./connect-cluster.js";
import { streamMs } from "./upload-blobs.js";

const CALLS_AT_ONCE = 8;

/** Brings blobs from a cluster into a store, each checked against its digest. */
export interface BlobDownloader {
  /**
   * @throws StatusError FailedPrecondition (missing blobs in `details`) if the cluster does not have one of them; DataLoss, naming the cluster,
   *   if it sends other bytes.
   */
  download(digests: readonly Digest[], signal?: AbortSignal): Promise<void>;
}

/** Creates what takes blobs out of a cluster's CAS. What the store has is not asked for. */
export function createBlobDownloader(cluster: ClusterConnection, blobs: BlobStore): BlobDownloader {
  const limiter = createLimiter(CALLS_AT_ONCE);
  return {
    async download(digests, signal) {
      const unique = new Map(digests.map((digest) => [digestKey(digest), digest]));
      const wanted = await blobs.findMissing([...unique.values()]);
      const { batches, large } = inBatches(wanted, cluster.capabilities.batchBytesMax);
      const ended = await Promise.allSettled([
        ...batches.map((batch) => limiter(() => downloadBatch(cluster, blobs, batch, signal))),
        ...large.map((digest) => limiter(() => downloadStream(cluster, blobs, digest, signal))),
      ]);
      for (const end of ended) if (end.status === "rejected") throw end.reason;
    },
  };
}

async function downloadBatch(
  cluster: ClusterConnection,
  blobs: BlobStore,
  batch: readonly Digest[],
  signal: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted();
  const [only] = batch;
  if (only !== undefined && batch.length === 1) return downloadStream(cluster, blobs, only, signal);
  let left = batch;
  await cluster.retry(async () => {
    const request = { ...headOf(cluster), digests: left.map(wireDigest), acceptableCompressors: [] };
    const { responses } = await cluster.channel.unary(
      hotMethods.cas.batchReadBlobs,
      request,
      signal === undefined ? {} : { signal },
    );
    const byHash = new Map(responses.map((response) => [response.digest?.hash ?? "", response]));
    const here: { bytes: Uint8Array; expected: Digest }[] = [];
    const absent: Digest[] = [];
    const failed: Digest[] = [];
    for (const digest of left) {
      const response = byHash.get(digest.hash);
      const code = response === undefined ? Code.Unknown : (response.status?.code ?? 0);
      if (code === Code.NotFound) absent.push(digest);
      else if (code !== 0 || response === undefined) failed.push(digest);
      else if (
        response.compressor !== 0 ||
        response.data.byteLength !== digest.sizeBytes ||
        hashBytes(digest.fn, response.data) !== digest.hash
      )
        throw wrongBytes(cluster, digest);
      else here.push({ bytes: response.data, expected: digest });
    }
    if (here.length > 0) await blobs.writeMany(here);
    if (absent.length > 0) throw missingThere(cluster, absent);
    left = failed;
    const [first] = failed;
    if (first === undefined) return;
    const status = byHash.get(first.hash)?.status;
    throw new StatusError(
      codeOf(status?.code ?? Code.Unknown),
      `reading blob ${formatDigest(first)}: ${status?.message ?? "the server does not answer for it"}`,
    );
  }, signal);
}

async function downloadStream(
  cluster: ClusterConnection,
  blobs: BlobStore,
  digest: Digest,
  signal: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted();
  await cluster.retry(async () => {
    const source = readBlob(cluster, digest, signal);
    try {
      await blobs.write(source, digest, { likelySizeBytes: digest.sizeBytes, ...(signal && { signal }) });
    } catch (reason) {
      if (hasCode(reason, Code.NotFound)) throw missingThere(cluster, [digest]);
      if (hasCode(reason, Code.InvalidArgument)) throw wrongBytes(cluster, digest, reason);
      throw reason;
    }
  }, signal);
}

/** The bytes of a blob as they come: whoever writes them checks them. */
export async function* readBlob(
  cluster: ClusterConnection,
  digest: Digest,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { channel, instanceName } = cluster;
  // A short blob does not become shorter.
  const compressor = cluster.compress && digest.sizeBytes > 4096 ? "zstd" : "identity";
  const request = {
    resourceName: formatReadName({ instanceName, digest, compressor }),
    readOffset: 0,
    readLimit: 0,
  };
  const messages = channel.serverStream(hotMethods.byteStream.read, request, {
    deadlineMs: streamMs(digest.sizeBytes),
    ...(signal === undefined ? {} : { signal }),
  });
  const pieces = dataOf(messages);
  yield* compressor === "zstd" ? zstdDecompress(pieces, digest.sizeBytes) : pieces;
}

async function* dataOf(messages: AsyncIterable<{ readonly data: Uint8Array }>): AsyncGenerator<Uint8Array, void> {
  for await (const { data } of messages) if (data.byteLength > 0) yield data;
}

function wrongBytes({ url }: ClusterConnection, digest: Digest, cause?: unknown): StatusError {
  return new StatusError(
    Code.DataLoss,
    `cluster ${url} sent other bytes than those of blob ${formatDigest(digest)}; nothing was taken from it`,
    { cause },
  );
}

function missingThere({ url }: ClusterConnection, digests: readonly Digest[]): StatusError {
  const subjects = digests.map(blobResourceName);
  const more = subjects.length > 3 ? ` and ${subjects.length - 3} more` : "";
  return new StatusError(
    Code.FailedPrecondition,
    `cluster ${url} names blobs that it does not have: ${subjects.slice(0, 3).join(", ")}${more}`,
    { details: [{ kind: "missing-blobs", subjects }] },
  );
}
