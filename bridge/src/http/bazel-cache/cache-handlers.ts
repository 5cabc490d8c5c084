import { emptyBlob, emptyHash, type BlobInfo } from "../../digest/index.js";
import type { ActionCache, HashedBlobStore } from "../../store/index.js";
import type { Exchange } from "../exchange.js";
import type { CachePath } from "./cache-path.js";

/** What {@link createBazelCacheRoutes} needs. */
export interface BazelCacheOptions {
  readonly blobs: HashedBlobStore;
  readonly actionCache: ActionCache;
  /** @throws StatusError for an instance that is not served. */
  readonly checkInstance?: (instanceName: string) => void;
  readonly limits: {
    readonly blobBytesMax: number;
    /** An action result is held in memory. */
    readonly actionResultBytesMax: number;
  };
}

/** What one kind of path does with a request. */
export interface CacheHandlers {
  /** GET and HEAD. */
  read(exchange: Exchange, path: CachePath): Promise<void>;
  write(exchange: Exchange, path: CachePath): Promise<void>;
}

/** Both hashes and the size of a blob that is here. */
export async function findBlob(blobs: HashedBlobStore, sha256: string): Promise<BlobInfo | undefined> {
  return sha256 === emptyHash.sha256 ? emptyBlob : blobs.statByHash("sha256", sha256);
}
