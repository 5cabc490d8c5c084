import type { Digest } from "../../digest/index.js";
import { Code, StatusError } from "../../status/index.js";
import { collect } from "../read-body.js";
import { sendBytes, sendText } from "../replies.js";
import { findBlob, type BazelCacheOptions, type CacheHandlers } from "./cache-handlers.js";
import { incomingBody } from "./incoming-blob.js";

/** Stands for the size of an action whose blob is not here: the largest that an index key can hold, which no action has. */
const UNKNOWN_SIZE = 2 ** 48 - 1;

/**
 * `/ac/SHA256`. Where the action itself is in the CAS its size is known, and its result is the one that gRPC clients see. Bazel uploads the
 * action first; the results of clients that do not are found over HTTP only.
 */
export function createActionResultHandlers({ blobs, actionCache, limits }: BazelCacheOptions): CacheHandlers {
  const withoutSize = (hash: string): Digest => ({ fn: "sha256", hash, sizeBytes: UNKNOWN_SIZE });

  async function knownDigest(hash: string): Promise<Digest | undefined> {
    const info = await findBlob(blobs, hash);
    return info === undefined ? undefined : { ...withoutSize(hash), sizeBytes: info.sizeBytes };
  }

  return {
    async read(exchange, { hash, instanceName }) {
      const known = await knownDigest(hash);
      const result =
        (known === undefined ? undefined : await actionCache.get(known, { instanceName })) ??
        (await actionCache.get(withoutSize(hash), { instanceName }));
      if (result === undefined) throw new StatusError(Code.NotFound, `action ${hash} has no result here`);
      sendBytes(exchange, "application/octet-stream", result);
      exchange.countBytes("sent", "identity", result.byteLength);
    },
    async write(exchange, { hash, instanceName }) {
      const { bytes } = incomingBody(exchange, limits.actionResultBytesMax);
      const result = await collect(bytes, limits.actionResultBytesMax);
      await actionCache.put((await knownDigest(hash)) ?? withoutSize(hash), result, { instanceName });
      sendText(exchange, 200, "stored");
    },
  };
}
