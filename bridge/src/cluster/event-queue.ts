/** Hands values from one who makes them to one who iterates, at their own speeds. */
export interface EventQueue<T> extends AsyncIterable<T> {
  /** Resolves when there is room for more. Nothing happens once it has ended. */
  push(value: T): Promise<void>;
  /** What was pushed is still handed on; then the iteration ends. */
  end(): void;
  /** The same, with an error. */
  fail(reason: unknown): void;
}

/** @param waitingMax values that may wait: more of them only take memory. */
export function createEventQueue<T>(waitingMax = 64): EventQueue<T> {
  const values: T[] = [];
  let over: { readonly reason?: unknown; readonly failed: boolean } | undefined;
  let wakeReader: (() => void) | undefined;
  let wakeWriters: (() => void)[] = [];
  const close = (how: NonNullable<typeof over>): void => {
    over ??= how;
    wakeReader?.();
    for (const wake of wakeWriters.splice(0)) wake();
  };
  return {
    async push(value) {
      if (over !== undefined) return;
      values.push(value);
      wakeReader?.();
      if (values.length > waitingMax) await new Promise<void>((resolve) => wakeWriters.push(resolve));
    },
    end: () => close({ failed: false }),
    fail: (reason) => close({ failed: true, reason }),
    async *[Symbol.asyncIterator]() {
      try {
        for (;;) {
          while (values.length > 0) {
            const value = values.shift()!;
            if (values.length <= waitingMax / 2) {
              const woken = wakeWriters;
              wakeWriters = [];
              for (const wake of woken) wake();
            }
            yield value;
          }
          if (over !== undefined) break;
          await new Promise<void>((resolve) => (wakeReader = resolve));
          wakeReader = undefined;
        }
        if (over.failed) throw over.reason;
      } finally {
        close({ failed: false });
      }
    },
  };
}
