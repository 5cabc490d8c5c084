import { digestOf, emptyHash, parseDigest } from "../../digest/index.js";
import { Code, StatusError } from "../../status/index.js";
import { withHash } from "../read-body.js";
import { sendStream, sendText } from "../replies.js";
import { acceptsZstd, compressZstd } from "../zstd.js";
import { findBlob, type BazelCacheOptions, type CacheHandlers } from "./cache-handlers.js";
import { incomingBody } from "./incoming-blob.js";

/** Below this compression saves less than its headers cost. */
const COMPRESS_BYTES_MIN = 512;

/** `/cas/SHA256`. */
export function createBlobHandlers({ blobs, limits }: BazelCacheOptions): CacheHandlers {
  return {
    async read(exchange, { hash }) {
      const { request, response, signal } = exchange;
      const info = await findBlob(blobs, hash);
      // Asked for through the store's own question, because that notes the use.
      const digest = info === undefined ? undefined : digestOf(info, "sha256");
      if (digest === undefined || (await blobs.findMissing([digest])).length > 0)
        throw new StatusError(Code.NotFound, `blob ${hash} is not here`);
      response.setHeader("content-type", "application/octet-stream");
      response.setHeader("vary", "accept-encoding");
      const compress = digest.sizeBytes >= COMPRESS_BYTES_MIN && acceptsZstd(request.headers["accept-encoding"]);
      if (request.method === "HEAD") {
        response.setHeader("content-length", digest.sizeBytes);
        response.end();
        return;
      }
      const contents = blobs.read(digest, { signal });
      if (compress) {
        response.setHeader("content-encoding", "zstd");
        await sendStream(exchange, compressZstd(contents), (n) => exchange.countBytes("sent", "zstd", n));
        return;
      }
      response.setHeader("content-length", digest.sizeBytes);
      await sendStream(exchange, contents, (n) => exchange.countBytes("sent", "identity", n));
    },
    async write(exchange, { hash }) {
      const { bytes, sizeBytes } = incomingBody(exchange, limits.blobBytesMax);
      const { signal } = exchange;
      if (sizeBytes === undefined) await blobs.write(withHash(bytes, hash), undefined, { signal });
      else if (sizeBytes === 0 && hash !== emptyHash.sha256)
        throw new StatusError(Code.InvalidArgument, `an empty body is not the blob ${hash}`);
      else await blobs.write(bytes, parseDigest("sha256", hash, sizeBytes), { signal });
      sendText(exchange, 200, "stored");
    },
  };
}
