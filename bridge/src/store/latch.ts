/** Something that happens once, and that others wait for beside something else, many times. */
export interface Latch {
  /** It has happened. */
  readonly open: () => void;
  /**
   * What the promise brings, or `undefined` if the latch is open, or opens first. One wait at a time.
   *
   * Nothing of a wait stays when it has ended. `Promise.race` with one promise that lives long would keep all that ever came beside it.
   */
  orOpen<T>(promise: PromiseLike<T>): Promise<T | undefined>;
}

/** Creates one that is not open. */
export function createLatch(): Latch {
  let isOpen = false;
  let onOpen: (() => void) | undefined;
  return {
    open() {
      isOpen = true;
      onOpen?.();
    },
    orOpen<T>(promise: PromiseLike<T>) {
      return new Promise<T | undefined>((resolve, reject) => {
        onOpen = () => resolve(undefined);
        promise.then(resolve, reject);
        if (isOpen) onOpen();
      }).finally(() => (onOpen = undefined));
    },
  };
}
