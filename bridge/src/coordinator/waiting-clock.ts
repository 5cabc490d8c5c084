import { setTimeout as sleep } from "node:timers/promises";
import { systemClock, type Clock } from "../store/index.js";

/** A clock that can be waited by; tests bring one that needs no time for it. */
export interface WaitingClock extends Clock {
  /** Rejects with the signal's reason, or an AbortError, when it aborts. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}

/** `setTimeout` fires at once for more than 2³¹ − 1 ms. */
const SLEEP_MS_MAX = 2 ** 31 - 1;

/** The machine's. */
export const systemWaitingClock: WaitingClock = {
  ...systemClock,
  sleep: async (durationMs, signal) => {
    for (let leftMs = durationMs; leftMs > 0; leftMs -= SLEEP_MS_MAX)
      await sleep(Math.min(leftMs, SLEEP_MS_MAX), undefined, signal === undefined ? {} : { signal });
  },
};
