import type { Digest } from "../digest/index.js";
import { hotMethods } from "../grpc/index.js";
import { headOf, wireDigest, type ClusterConnection } from "./connect-cluster.js";

/** In one request: of some 80 bytes each, well below the 4 MiB that servers take. */
const DIGESTS_PER_CALL = 20_000;

/** Which of these the cluster does not have. One that is asked for counts as used there. */
export async function findMissing(
  cluster: ClusterConnection,
  digests: readonly Digest[],
  signal?: AbortSignal,
): Promise<Digest[]> {
  const options = signal === undefined ? {} : { signal };
  const missing: Digest[] = [];
  for (let at = 0; at < digests.length; at += DIGESTS_PER_CALL) {
    const batch = digests.slice(at, at + DIGESTS_PER_CALL);
    const request = { ...headOf(cluster), blobDigests: batch.map(wireDigest) };
    const { missingBlobDigests } = await cluster.retry(
      () => cluster.channel.unary(hotMethods.cas.findMissingBlobs, request, options),
      signal,
    );
    const absent = new Set(missingBlobDigests.map(({ hash }) => hash));
    missing.push(...batch.filter(({ hash }) => absent.has(hash)));
  }
  return missing;
}
