import { Code, StatusError } from "../../../status/index.js";
import type { Clock } from "../../../store/index.js";

/** Remembers that something could not be reached, so that only one has to wait to find it out. */
export interface Availability {
  /** @throws StatusError Unavailable at once, while it is known to be away; else what `work` throws. */
  use<T>(work: () => Promise<T>, options?: UseOptions): Promise<T>;
}

/** What a failure means. */
export interface UseOptions {
  /** Whatever goes wrong, it is no use to ask again soon. */
  readonly anyFailure?: boolean;
}

/** Codes of errors that the next request would meet too. */
const AWAY: ReadonlySet<Code> = new Set([Code.Unavailable, Code.DeadlineExceeded]);

/** It is left alone for longer each time, up to so many times as long. */
const LONGER_MAX = 16;

/** @param awayMs how long it is left alone after the first failure. */
export function createAvailability(clock: Clock, awayMs: number): Availability {
  let away: { readonly untilMs: number; readonly reason: StatusError } | undefined;
  let longer = 1;
  return {
    async use(work, { anyFailure = false } = {}) {
      if (away !== undefined && clock.nowMs() < away.untilMs) throw away.reason;
      try {
        const result = await work();
        away = undefined;
        longer = 1;
        return result;
      } catch (cause) {
        const reason = StatusError.from(cause);
        if (anyFailure || AWAY.has(reason.code)) {
          // Those that were on their way at the same time find out the same thing.
          if (away === undefined || clock.nowMs() >= away.untilMs) {
            away = { untilMs: clock.nowMs() + awayMs * longer, reason };
            longer = Math.min(2 * longer, LONGER_MAX);
          }
        }
        throw reason;
      }
    },
  };
}
