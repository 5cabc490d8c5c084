import type { WaitingClock } from "./waiting-clock.js";

/** Watches a running builder for silence and for talking too much. */
export interface Watchdog extends Disposable {
  /** Aborts when a limit is passed. */
  readonly signal: AbortSignal;
  /** Which. */
  readonly tripped: "silence" | "log-size" | undefined;
  /** The builder runs now; waiting in a queue is no silence. */
  start(): void;
  /** It wrote so many bytes. Nothing else counts as a sign of life. */
  output(sizeBytes: number): void;
}

/** @param limits 0 and absent are no limit. */
export function createWatchdog(
  clock: WaitingClock,
  limits: { readonly maxSilentMs?: number | undefined; readonly maxLogBytes?: number | undefined },
): Watchdog {
  const { maxSilentMs = 0, maxLogBytes = 0 } = limits;
  const trip = new AbortController();
  const stop = new AbortController();
  let tripped: Watchdog["tripped"];
  let lastOutputMs = 0;
  let started = false;
  let logBytes = 0;
  const bite = (why: "silence" | "log-size"): void => {
    tripped ??= why;
    trip.abort();
  };
  const watch = async (): Promise<void> => {
    for (;;) {
      const leftMs = lastOutputMs + maxSilentMs - clock.nowMs();
      if (leftMs <= 0) {
        bite("silence");
        return;
      }
      try {
        await clock.sleep(leftMs, stop.signal);
      } catch {
        return; // Disposed.
      }
    }
  };
  return {
    signal: trip.signal,
    get tripped() {
      return tripped;
    },
    start() {
      if (started) return;
      started = true;
      lastOutputMs = clock.nowMs();
      if (maxSilentMs > 0) void watch();
    },
    output(sizeBytes) {
      this.start();
      lastOutputMs = clock.nowMs();
      logBytes += sizeBytes;
      if (maxLogBytes > 0 && logBytes > maxLogBytes) bite("log-size");
    },
    [Symbol.dispose]() {
      stop.abort();
    },
  };
}
