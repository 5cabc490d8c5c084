import { Code, StatusError } from "@causeway/bridge/status";

interface Waiter {
  readonly priority: number;
  readonly begin: (slot: number) => void;
}

/** A fixed number of places, given to those who wait by priority (lower first), then in the order in which they came. */
export interface Slots {
  /**
   * Waits for a place.
   *
   * @returns its number; give it back with {@link release}.
   * @throws StatusError ResourceExhausted when too many wait; Cancelled when `signal` aborts.
   */
  take(priority: number, signal: AbortSignal): Promise<number>;
  release(slot: number): void;
}

/**
 * @param count how many places there are.
 * @param queueLengthMax how many may wait.
 */
export function createSlots(count: number, queueLengthMax: number): Slots {
  const free = Array.from({ length: count }, (_, index) => count - 1 - index);
  let waiting: Waiter[] = [];
  return {
    async take(priority, signal) {
      signal.throwIfAborted();
      const slot = free.pop();
      if (slot !== undefined) return slot;
      if (waiting.length >= queueLengthMax)
        throw new StatusError(Code.ResourceExhausted, `${queueLengthMax} actions wait already; try again later`);
      return new Promise<number>((resolve, reject) => {
        const abort = (): void => {
          waiting = waiting.filter((other) => other !== waiter);
          reject(StatusError.from(signal.reason));
        };
        const waiter: Waiter = {
          priority,
          begin(number) {
            signal.removeEventListener("abort", abort);
            resolve(number);
          },
        };
        signal.addEventListener("abort", abort, { once: true });
        insert(waiting, waiter);
      });
    },
    release(slot) {
      const next = waiting.shift();
      if (next === undefined) free.push(slot);
      else next.begin(slot);
    },
  };
}

/** Keeps the list in order: by priority, then by arrival. */
function insert(waiting: Waiter[], waiter: Waiter): void {
  let low = 0;
  let high = waiting.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (waiting[middle]!.priority <= waiter.priority) low = middle + 1;
    else high = middle;
  }
  waiting.splice(low, 0, waiter);
}
