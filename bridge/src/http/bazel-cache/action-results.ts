import { Code, StatusError } from "../../status/index.js";
import { collect } from "../read-body.js";
import { sendBytes, sendText } from "../replies.js";
import type { BazelCacheOptions, CacheHandlers } from "./cache-handlers.js";
import { incomingBody } from "./incoming-blob.js";

/** `/ac/SHA256`: the results that gRPC clients see. The action itself need not be here. */
export function createActionResultHandlers({ actionCache, limits }: BazelCacheOptions): CacheHandlers {
  return {
    async read(exchange, { hash, instanceName }) {
      const result = await actionCache.get({ fn: "sha256", hash }, { instanceName });
      if (result === undefined) throw new StatusError(Code.NotFound, `action ${hash} has no result here`);
      sendBytes(exchange, "application/octet-stream", result);
      exchange.countBytes("sent", "identity", result.byteLength);
    },
    async write(exchange, { hash, instanceName }) {
      const { bytes } = incomingBody(exchange, limits.actionResultBytesMax);
      const result = await collect(bytes, limits.actionResultBytesMax);
      await actionCache.put({ fn: "sha256", hash }, result, { instanceName });
      sendText(exchange, 200, "stored");
    },
  };
}
