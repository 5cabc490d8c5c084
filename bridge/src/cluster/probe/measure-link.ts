import { digestBytes } from "../../digest/index.js";
import { hotMethods } from "../../grpc/index.js";
import type { BlobStore } from "../../store/index.js";
import type { ClusterConnection } from "../connect-cluster.js";
import { createBlobUploader } from "../upload-blobs.js";

/** How far away a cluster is. */
export interface Link {
  /** Of the quickest of a few small calls: there and back. */
  readonly latencyMs: number;
  /** Of one stream, there; not of its disks alone. */
  readonly uploadMBPerSecond: number;
}

const CALLS = 5;
const UPLOAD_BYTES = 8 * 2 ** 20;

/**
 * Measures the way to a cluster. Leaves one blob of 8 MiB there, which nobody refers to.
 *
 * @param random fills it: contents that are there already would not be sent.
 */
export async function measureLink(
  cluster: ClusterConnection,
  parts: {
    readonly blobs: BlobStore;
    readonly nowMs: () => number;
    readonly random: (sizeBytes: number) => Uint8Array;
    readonly signal: AbortSignal;
  },
): Promise<Link> {
  const { blobs, nowMs, random, signal } = parts;
  const { instanceName } = cluster;
  let latencyMs = Infinity;
  for (let call = 0; call < CALLS; call++) {
    const startMs = nowMs();
    await cluster.channel.unary(hotMethods.capabilities.getCapabilities, { instanceName }, { signal });
    latencyMs = Math.min(latencyMs, nowMs() - startMs);
  }
  const bytes = random(Math.min(UPLOAD_BYTES, cluster.capabilities.blobBytesMax));
  const digest = digestBytes(cluster.fn, bytes);
  await blobs.writeMany([{ bytes, expected: digest }]);
  const uploader = createBlobUploader(cluster, blobs, { nowMs });
  await uploader.upload([digest], signal);
  return { latencyMs, uploadMBPerSecond: bytes.byteLength / 1e6 / (uploader.sent.durationMs / 1000) };
}
