import { digestKey, type Digest } from "../digest/index.js";
import type { Clock } from "../store/index.js";

/** Well within what a cluster keeps that was asked for a moment ago; should one be gone anyway, the cluster names it and it is sent again. */
const TTL_MS = 10 * 60_000;
/** Those of some hundred closures; an entry takes some 200 bytes. */
const TREES_MAX = 300_000;

/** Directories that a cluster has, with everything below them, as far as we were told. */
export interface KnownTrees {
  has(directory: Digest): boolean;
  add(directory: Digest): void;
  clear(): void;
}

/** Remembers trees for a while. Asking does not make it longer: only the cluster's own answer does. */
export function createKnownTrees(options: {
  readonly clock: Clock;
  readonly ttlMs?: number;
  readonly treesMax?: number;
}): KnownTrees {
  const { clock, ttlMs = TTL_MS, treesMax = TREES_MAX } = options;
  const untilMs = new Map<string, number>();
  return {
    has(directory) {
      const until = untilMs.get(digestKey(directory));
      return until !== undefined && until > clock.nowMs();
    },
    add(directory) {
      const key = digestKey(directory);
      untilMs.delete(key);
      untilMs.set(key, clock.nowMs() + ttlMs);
      if (untilMs.size <= treesMax) return;
      for (const oldest of untilMs.keys()) {
        untilMs.delete(oldest);
        return;
      }
    },
    clear: () => untilMs.clear(),
  };
}
