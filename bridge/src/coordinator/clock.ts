import { setTimeout as sleep } from "node:timers/promises";

/** Time, as an argument: tests bring their own. Beside the store's clock it can wait. */
export interface Clock {
  /** Milliseconds since the epoch. */
  nowMs(): number;
  /** Rejects with the signal's reason, or an AbortError, when it aborts. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}

/** `setTimeout` fires at once for more than 2³¹ − 1 ms. */
const SLEEP_MS_MAX = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: async (durationMs, signal) => {
    for (let leftMs = durationMs; leftMs > 0; leftMs -= SLEEP_MS_MAX)
      await sleep(Math.min(leftMs, SLEEP_MS_MAX), undefined, signal === undefined ? {} : { signal });
  },
};
