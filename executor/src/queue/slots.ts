import { Code, StatusError } from "@causeway/bridge/status";

/** What a place is wanted for. */
export interface SlotRequest {
  /** Lower first. */
  readonly priority: number;
  /** Memory that it may take; 0 if it does not say. */
  readonly memoryBytes: number;
}

interface Waiter extends SlotRequest {
  readonly begin: (slot: number) => void;
}

/**
 * A fixed number of places, given to those who wait by priority (lower first), then in the order in which they came. Nobody overtakes one who
 * waits for memory, or a large action would wait for ever.
 */
export interface Slots {
  /**
   * Waits for a place.
   *
   * @returns its number; give it back with {@link release}.
   * @throws StatusError ResourceExhausted when too many wait; Cancelled when `signal` aborts.
   */
  take(request: SlotRequest, signal: AbortSignal): Promise<number>;
  /** @param memoryBytes as it was asked for. */
  release(slot: number, memoryBytes: number): void;
}

/**
 * @param count how many places there are.
 * @param queueLengthMax how many may wait.
 * @param memoryBytesMax what those who have a place may ask for together. Nobody may ask for more.
 */
export function createSlots(count: number, queueLengthMax: number, memoryBytesMax: number): Slots {
  const free = Array.from({ length: count }, (_, index) => count - 1 - index);
  let memoryLeft = memoryBytesMax;
  let waiting: Waiter[] = [];

  function begin(): void {
    for (let next = waiting[0]; next !== undefined && next.memoryBytes <= memoryLeft; next = waiting[0]) {
      const slot = free.pop();
      if (slot === undefined) return;
      waiting.shift();
      memoryLeft -= next.memoryBytes;
      next.begin(slot);
    }
  }

  return {
    async take(request, signal) {
      signal.throwIfAborted();
      const isFree = waiting.length === 0 && free.length > 0 && request.memoryBytes <= memoryLeft;
      if (!isFree && waiting.length >= queueLengthMax)
        throw new StatusError(Code.ResourceExhausted, `${queueLengthMax} actions wait already; try again later`);
      return new Promise<number>((resolve, reject) => {
        const abort = (): void => {
          waiting = waiting.filter((other) => other !== waiter);
          reject(StatusError.from(signal.reason));
          begin(); // It may have been the first, and the next one smaller.
        };
        const waiter: Waiter = {
          ...request,
          begin(number) {
            signal.removeEventListener("abort", abort);
            resolve(number);
          },
        };
        signal.addEventListener("abort", abort, { once: true });
        insert(waiting, waiter);
        begin();
      });
    },
    release(slot, memoryBytes) {
      free.push(slot);
      memoryLeft += memoryBytes;
      begin();
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
