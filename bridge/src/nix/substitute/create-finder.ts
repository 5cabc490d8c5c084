import { createLimiter } from "../../coordinator/index.js";
import type { StorePath } from "../../formats/index.js";
import { StatusError } from "../../status/index.js";
import type { ImportContext } from "../import/import-context.js";
import { isSigned, pathFollows } from "../import/vouch.js";
import type { BinaryCache } from "./cache/create-binary-cache.js";
import { createCachesInOrder, type ReachedCache } from "./caches-in-order.js";
import type { Offer } from "./path-source.js";
import type { FoundPath } from "./substituter.js";
import { warning, type SubstitutionListener } from "./substitution-listener.js";

/** A cache that paths are fetched from. */
export interface TrustedCache {
  readonly cache: BinaryCache;
  /** Whether it is believed without signatures (`?trusted=1`). */
  readonly isTrusted: boolean;
}

/** Whom a finder asks, and what it believes. */
export interface FinderOptions {
  readonly context: Pick<ImportContext, "storeDir" | "publicKeys">;
  /** Asked by their priority, then in this order. */
  readonly caches: readonly TrustedCache[];
  /** Take only what is signed by a key of `context`, or addressed by its contents. */
  readonly requireSignatures: boolean;
}

/** How to look. */
export interface FindOptions {
  readonly signal: AbortSignal;
  /** Is told what goes wrong. */
  readonly tell: SubstitutionListener;
  /** Only caches that want to be asked for many paths of which they may have none. */
  readonly massQuery?: boolean;
}

/** Finds paths that may be believed. What goes wrong with a cache is told, and then it does not have the path. */
export interface Finder {
  /** In the first cache that has it. */
  find(path: StorePath, options: FindOptions): Promise<FoundPath | undefined>;
  /** In the caches after those up to `first`, as long as somebody wants to know. */
  findElsewhere(path: StorePath, first: FoundPath, options: FindOptions): AsyncIterable<FoundPath>;
}

/** Paths that are asked for at once. A cache far away answers in a tenth of a second. */
const QUERIES_MAX = 64;

/** @see Finder */
export function createFinder({ context, caches, requireSignatures }: FinderOptions): Finder {
  const { storeDir } = context;
  const trusted = new Set(caches.filter(({ isTrusted }) => isTrusted).map(({ cache }) => cache));
  const inOrder = createCachesInOrder(caches.map(({ cache }) => cache));
  const queries = createLimiter(QUERIES_MAX);

  function isBelieved({ cache }: ReachedCache, { info }: Offer): boolean {
    if (info.ca !== undefined) return pathFollows(storeDir, info);
    return !requireSignatures || trusted.has(cache) || isSigned(context, info);
  }

  async function* everywhere(path: StorePath, how: FindOptions): AsyncGenerator<FoundPath, void, undefined> {
    const { signal, tell, massQuery = false } = how;
    for (const reached of await inOrder((message) => tell(warning(message)))) {
      if (massQuery && !reached.info.wantsMassQuery) continue;
      const { uri } = reached.cache;
      try {
        const offer = await reached.cache.find(path, signal);
        if (offer === undefined) continue;
        if (isBelieved(reached, offer)) {
          yield { offer, from: uri };
          continue;
        }
        const reason = "as it's not signed by any of the keys in 'trusted-public-keys'";
        tell(warning(`ignoring substitute for '${storeDir}/${path}' from '${uri}', ${reason}`));
      } catch (reason) {
        signal.throwIfAborted();
        tell(warning(StatusError.from(reason).message));
      }
    }
  }

  return {
    find: (path, how) =>
      queries(async () => {
        for await (const found of everywhere(path, how)) return found;
        return undefined;
      }),
    async *findElsewhere(path, first, how) {
      for await (const found of everywhere(path, how)) if (found.from !== first.from) yield found;
    },
  };
}
