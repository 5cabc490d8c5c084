import type { Clock } from "../../store/index.js";

/** Remembers keys, with a value, for a while; forgets the oldest when there are too many. */
export interface RecentMap<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
}

/**
 * @param options.ttlMs for how long: shorter than the grace period of the store's garbage collection, so that what is remembered as being
 *   there still is.
 */
export function createRecentMap<V>(options: {
  readonly entriesMax: number;
  readonly ttlMs: number;
  readonly clock: Clock;
}): RecentMap<V> {
  const entries = new Map<string, { readonly value: V; readonly untilMs: number }>();
  return {
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      if (entry.untilMs > options.clock.nowMs()) return entry.value;
      entries.delete(key);
      return undefined;
    },
    set(key, value) {
      entries.delete(key);
      entries.set(key, { value, untilMs: options.clock.nowMs() + options.ttlMs });
      if (entries.size <= options.entriesMax) return;
      for (const oldest of entries.keys()) {
        entries.delete(oldest);
        return;
      }
    },
  };
}
