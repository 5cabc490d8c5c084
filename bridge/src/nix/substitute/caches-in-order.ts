import { StatusError } from "../../status/index.js";
import type { CacheInfo } from "./cache/cache-info.js";
import type { BinaryCache } from "./cache/create-binary-cache.js";

/** A cache that could be reached. */
export interface ReachedCache {
  readonly cache: BinaryCache;
  readonly info: CacheInfo;
}

/** Gives the caches that can be reached, those with the lowest number first. */
export interface CachesInOrder {
  /** @param warn is told why another one cannot, each time. */
  (warn: (message: string) => void): Promise<ReachedCache[]>;
}

/**
 * All caches are contacted at the same time, and waited for. One that could not be reached is asked again later, but nobody waits for that: a
 * dead cache costs one wait.
 */
export function createCachesInOrder(caches: readonly BinaryCache[]): CachesInOrder {
  const reached = new Map<BinaryCache, CacheInfo>();
  const failed = new Map<BinaryCache, string>();
  const contacts = new Map<BinaryCache, Promise<void>>();

  function contact(cache: BinaryCache): Promise<void> {
    const running = contacts.get(cache);
    if (running !== undefined) return running;
    const started = cache
      .describe()
      .then(
        (info) => {
          reached.set(cache, info);
          failed.delete(cache);
        },
        (reason: unknown) => {
          failed.set(cache, StatusError.from(reason).message);
        },
      )
      .finally(() => contacts.delete(cache));
    contacts.set(cache, started);
    return started;
  }

  return async (warn) => {
    const waits: Promise<void>[] = [];
    for (const cache of caches) {
      if (reached.has(cache)) continue;
      const answered = contact(cache);
      if (!failed.has(cache)) waits.push(answered);
    }
    await Promise.all(waits);
    for (const message of failed.values()) warn(message);
    const inOrder = caches.flatMap((cache) => {
      const info = reached.get(cache);
      return info === undefined ? [] : [{ cache, info }];
    });
    return inOrder.sort((a, b) => a.info.priority - b.info.priority); // Stable: equal ones stay as they were named.
  };
}
