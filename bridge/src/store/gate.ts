/**
 * Lets many in, or one alone. Whoever writes or promises that something is there (a find, a registration) comes in shared; the garbage
 * collector comes in alone while it decides and deletes from the index, so that nothing is promised that it is about to remove.
 */
export interface Gate {
  shared<T>(body: () => Promise<T>): Promise<T>;
  /** Waits for those inside; those that come later wait until `body` has ended. */
  exclusive<T>(body: () => Promise<T>): Promise<T>;
}

/** Creates a gate that nobody has entered. Not re-entrant: a body must not enter the same gate again. */
export function createGate(): Gate {
  let inside = 0;
  let closed: Promise<void> | undefined;
  let onEmpty: (() => void) | undefined;
  return {
    async shared(body) {
      while (closed !== undefined) await closed;
      inside++;
      try {
        return await body();
      } finally {
        if (--inside === 0) onEmpty?.();
      }
    },
    async exclusive(body) {
      while (closed !== undefined) await closed;
      let open: () => void = () => undefined;
      closed = new Promise((resolve) => (open = resolve));
      try {
        if (inside > 0) await new Promise<void>((resolve) => (onEmpty = resolve));
        onEmpty = undefined;
        return await body();
      } finally {
        closed = undefined;
        open();
      }
    },
  };
}
