/** Runs at most so many at once; the rest wait in the order in which they came. */
export type Limiter = <T>(run: () => Promise<T>) => Promise<T>;

/** @param runningMax at least 1. */
export function createLimiter(runningMax: number): Limiter {
  const waiting: (() => void)[] = [];
  let head = 0;
  let running = 0;
  const release = (): void => {
    const next = waiting[head];
    if (next === undefined) {
      waiting.length = 0;
      head = 0;
      running--;
      return;
    }
    head++;
    next(); // Takes over the place of whoever is leaving.
  };
  return async (run) => {
    if (running >= runningMax) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await run();
    } finally {
      release();
    }
  };
}
