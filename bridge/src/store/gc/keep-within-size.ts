import { setTimeout as sleep } from "node:timers/promises";
import type { Store } from "../store.js";
import { collectGarbage, type GarbageReport } from "./collect-garbage.js";
import { measureStore, type StoreSize } from "./measure-store.js";

/** What {@link keepWithinSize} needs. */
export interface RetentionOptions {
  readonly store: Store;
  /** Without it the store is only measured. */
  readonly maxSizeBytes?: number;
  /** How far down a collection goes, of `maxSizeBytes`. */
  readonly lowWaterPercent: number;
  readonly graceMs: number;
  /** From the end of one look to the next. */
  readonly checkMs: number;
  onMeasure?(size: StoreSize): void;
  onCollect?(report: GarbageReport & { readonly durationMs: number }): void;
  /** A look or a collection failed; the next one is tried all the same. */
  onError?(error: unknown): void;
}

/** Measuring a store of a million blobs takes seconds: whatever `checkMs` says, it rests so many times as long. */
const REST_FACTOR = 20;

/**
 * Looks at the size of a store in the background, and collects garbage when it is over its limit: what an action result or a path needs stays as
 * long as they do, and what was used within the grace period stays in any case, so that the limit is not a promise.
 *
 * Disposing ends it, after a collection that runs.
 */
export function keepWithinSize(options: RetentionOptions): AsyncDisposable {
  const stopped = new AbortController();
  const { signal } = stopped;

  const isStopped = (): boolean => signal.aborted;

  async function look(): Promise<void> {
    const { store, maxSizeBytes, graceMs } = options;
    const size = await measureStore(store, { signal });
    options.onMeasure?.(size);
    if (maxSizeBytes === undefined || size.sizeBytes <= maxSizeBytes) return;
    const startMs = performance.now();
    const target = Math.floor((maxSizeBytes * options.lowWaterPercent) / 100);
    const report = await collectGarbage(store, { maxSizeBytes: target, graceMs });
    options.onCollect?.({ ...report, durationMs: performance.now() - startMs });
  }

  async function run(): Promise<void> {
    while (!isStopped()) {
      const startMs = performance.now();
      try {
        await look();
      } catch (error) {
        if (!isStopped()) options.onError?.(error);
      }
      const restMs = Math.max(options.checkMs, (performance.now() - startMs) * REST_FACTOR);
      await sleep(restMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  const running = run();
  return {
    async [Symbol.asyncDispose]() {
      stopped.abort();
      await running;
    },
  };
}
