import type { Goal } from "./state.js";

/**
 * Those come first for which the longest chain of derivations waits: what is begun late of such a chain is ended late, whatever else was
 * done meanwhile. Among equals, first in, first out. Entries that no longer hold are left in it and skipped by whoever takes them.
 */
export interface ReadyQueue {
  /** With its {@link Goal.remaining} of now; what changes later, changes by another push. */
  push(goal: Goal): void;
  /** `undefined` when it is empty. */
  take(): Goal | undefined;
}

interface Entry {
  readonly goal: Goal;
  readonly remaining: number;
  /** Its place among equals. */
  readonly turn: number;
}

/** A binary heap: both ends cost the logarithm of its size. */
export function createReadyQueue(): ReadyQueue {
  const heap: Entry[] = [];
  let turns = 0;
  return {
    push(goal) {
      heap.push({ goal, remaining: goal.remaining, turn: turns++ });
      rise(heap, heap.length - 1);
    },
    take() {
      const first = heap[0];
      const last = heap.pop();
      if (first === undefined || last === undefined) return undefined;
      if (heap.length > 0) {
        heap[0] = last;
        sink(heap);
      }
      return first.goal;
    },
  };
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.remaining === other.remaining ? one.turn < other.turn : one.remaining > other.remaining;
}

function rise(heap: Entry[], from: number): void {
  for (let at = from; at > 0;) {
    const above = (at - 1) >> 1;
    if (!isBefore(heap[at]!, heap[above]!)) return;
    swap(heap, at, above);
    at = above;
  }
}

function sink(heap: Entry[]): void {
  for (let at = 0; ;) {
    const left = 2 * at + 1;
    const right = left + 1;
    let best = at;
    if (left < heap.length && isBefore(heap[left]!, heap[best]!)) best = left;
    if (right < heap.length && isBefore(heap[right]!, heap[best]!)) best = right;
    if (best === at) return;
    swap(heap, at, best);
    at = best;
  }
}

function swap(heap: Entry[], one: number, other: number): void {
  [heap[one], heap[other]] = [heap[other]!, heap[one]!];
}
