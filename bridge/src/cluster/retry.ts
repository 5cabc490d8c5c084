import { Code, StatusError } from "../status/index.js";
import { backoffMs, type BackoffLimits } from "../coordinator/backoff.js";
import type { WaitingClock } from "../coordinator/waiting-clock.js";

/** How long and how often a call is tried again. */
export interface RetryLimits extends BackoffLimits {
  /** A cluster that restarts is away for so long; what asks meanwhile waits instead of failing, unless somebody else could be asked. */
  readonly unavailableMs: number;
  /** The same where somebody else could be. */
  readonly replaceableMs: number;
  /** Tries for failures that need not be the cluster's state: a request may be what they are about. */
  readonly attemptsMax: number;
}

/** What holds unless the options say otherwise. */
export const defaultRetryLimits: RetryLimits = {
  unavailableMs: 150_000,
  replaceableMs: 5_000,
  attemptsMax: 4,
  backoffBaseMs: 100,
  backoffMaxMs: 10_000,
};

/** What {@link createRetrier} works with. */
export interface RetryParts {
  readonly clock: WaitingClock;
  /** Draws from 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  readonly limits?: Partial<RetryLimits>;
  /** Whether somebody else could be asked, at the time of asking; nobody, unless said. */
  readonly hasOthers?: () => boolean;
}

/**
 * Calls until it succeeds, fails for good, or has failed too often.
 *
 * @param call has to be one that may be made twice.
 */
export type Retrier = <T>(call: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

/** Tries calls again by the codes they fail with, later each time, and not before the server says (RetryInfo). */
export function createRetrier({ clock, random, limits: given = {}, hasOthers = () => false }: RetryParts): Retrier {
  const limits = { ...defaultRetryLimits, ...given };
  return async (call, signal) => {
    /** Since the first of the failures in a row that say so: a call itself may take long. */
    let awaySinceMs: number | undefined;
    let passing = 0;
    for (let attempt = 1; ; attempt++) {
      try {
        return await call();
      } catch (reason) {
        const status = StatusError.from(reason);
        signal?.throwIfAborted();
        awaySinceMs = status.code === Code.Unavailable ? (awaySinceMs ?? clock.nowMs()) : undefined;
        const mayTry =
          awaySinceMs === undefined
            ? isPassing(status.code) && ++passing < limits.attemptsMax
            : clock.nowMs() - awaySinceMs < (hasOthers() ? limits.replaceableMs : limits.unavailableMs);
        if (!mayTry) throw reason;
        await clock.sleep(delayMs(limits, attempt, status, random()), signal);
      }
    }
  };
}

/**
 * Codes that may be gone the next time. Internal and Unknown are what proxies and libraries make of a connection that broke; Cancelled comes
 * from them too, for whoever cancels on our side has aborted the signal.
 */
function isPassing(code: Code): boolean {
  return (
    code === Code.Aborted ||
    code === Code.Cancelled ||
    code === Code.DeadlineExceeded ||
    code === Code.Internal ||
    code === Code.ResourceExhausted ||
    code === Code.Unknown
  );
}

function delayMs(limits: RetryLimits, attempt: number, status: StatusError, drawn: number): number {
  const said = status.details.find((detail) => detail.kind === "retry-after");
  return Math.max(backoffMs(limits, attempt, drawn), said?.delayMs ?? 0);
}
