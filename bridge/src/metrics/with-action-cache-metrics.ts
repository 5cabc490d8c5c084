import type { ActionCache } from "../store/index.js";
import type { Metrics } from "./create-metrics.js";

/** Counts hits and misses of an action cache. */
export function withActionCacheMetrics(actionCache: ActionCache, metrics: Metrics): ActionCache {
  return {
    ...actionCache,
    async get(actionDigest, options) {
      const result = await actionCache.get(actionDigest, options);
      metrics.actionResultAskedFor(result !== undefined);
      return result;
    },
  };
}
