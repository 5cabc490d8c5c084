/** What is held in memory for all clients. For each it may be much, for all of them at once it may not. */
export interface SharedMemory {
  /**
   * Counts bytes that are to be held, in any case.
   *
   * @param heldBytes what the client holds with them.
   * @returns whether they may be: not if all clients hold too much, and this one not just a little.
   */
  take(sizeBytes: number, heldBytes: number): boolean;
  /** So much is not held any more. */
  give(sizeBytes: number): void;
}

/** @param smallBytesMax what a client may hold whatever others do. */
export function createSharedMemory(allBytesMax: number, smallBytesMax: number): SharedMemory {
  let allBytes = 0;
  return {
    take(sizeBytes, heldBytes) {
      allBytes += sizeBytes;
      return allBytes <= allBytesMax || heldBytes <= smallBytesMax;
    },
    give(sizeBytes) {
      allBytes -= sizeBytes;
    },
  };
}
