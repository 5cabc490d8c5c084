import type { Goal } from "./state.js";

/** First in, first out. Entries that no longer hold are left in it and skipped by whoever takes them. */
export interface ReadyQueue {
  push(goal: Goal): void;
  /** `undefined` when it is empty. */
  take(): Goal | undefined;
}

/** A queue whose ends both cost constant time: `shift` of a long array does not. */
export function createReadyQueue(): ReadyQueue {
  let items: Goal[] = [];
  let head = 0;
  return {
    push(goal) {
      items.push(goal);
    },
    take() {
      const goal = items[head];
      if (goal === undefined) return undefined;
      head++;
      // Half of it is behind us: forget that half. Each entry is moved at most once per halving.
      if (head * 2 > items.length) {
        items = items.slice(head);
        head = 0;
      }
      return goal;
    },
  };
}
