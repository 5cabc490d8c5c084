import { createHasher, formatDigest, hashBytes, type Digest } from "../digest/index.js";
import { Code, StatusError } from "../status/index.js";
import type { BlobStore } from "./blob-store.js";

/**
 * Checks what a store that is not trusted reads: too many bytes fail at the first one, wrong ones before the last piece is handed on. So a
 * stream that ends well was right. Parts of blobs cannot be checked and pass as they are.
 *
 * Errors: those of the store; DataLoss.
 */
export function withVerifiedReads(store: BlobStore): BlobStore {
  return {
    ...store,
    async *read(digest, options = {}) {
      const source = store.read(digest, options);
      const isWhole = (options.offset ?? 0) === 0 && (options.length ?? Infinity) >= digest.sizeBytes;
      if (isWhole) yield* verified(source, digest);
      else yield* source;
    },
    async readMany(digests, options) {
      const found = await store.readMany(digests, options);
      for (const [i, bytes] of found.entries()) {
        const digest = digests[i]!;
        if (bytes === undefined) continue;
        if (bytes.byteLength !== digest.sizeBytes || hashBytes(digest.fn, bytes) !== digest.hash) throw damaged(digest);
      }
      return found;
    },
  };
}

async function* verified(
  source: AsyncIterable<Uint8Array>,
  digest: Digest,
): AsyncGenerator<Uint8Array, void, undefined> {
  const hasher = createHasher(digest.fn);
  let sizeBytes = 0;
  let held: Uint8Array | undefined;
  for await (const piece of source) {
    sizeBytes += piece.byteLength;
    if (sizeBytes > digest.sizeBytes) throw damaged(digest);
    hasher.update(piece);
    if (held !== undefined) yield held;
    held = piece;
  }
  if (sizeBytes !== digest.sizeBytes || hasher.digest() !== digest.hash) throw damaged(digest);
  if (held !== undefined) yield held;
}

function damaged(digest: Digest): StatusError {
  return new StatusError(
    Code.DataLoss,
    `the bytes that came for blob ${formatDigest(digest)} (${digest.fn}) are not it`,
  );
}
