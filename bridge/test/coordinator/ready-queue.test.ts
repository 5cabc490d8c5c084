import { describe, expect, it } from "vitest";
import { createReadyQueue } from "#src/coordinator/ready-queue.js";
import type { Goal } from "#src/coordinator/state.js";
import { createRandom } from "./random.js";

function goal(name: string, remaining: number): Goal {
  return { key: name, remaining } as Goal;
}

describe("the queue of what is ready", () => {
  it("gives first what most waits for, and else what came first", () => {
    const queue = createReadyQueue();
    for (const [name, remaining] of [
      ["a", 0],
      ["b", 2],
      ["c", 0],
      ["d", 2],
      ["e", 1],
    ] as const)
      queue.push(goal(name, remaining));
    const taken = Array.from({ length: 6 }, () => queue.take()?.key);
    expect(taken).toEqual(["b", "d", "e", "a", "c", undefined]);
  });

  it("keeps that order when it is used for long", () => {
    const random = createRandom(7);
    const queue = createReadyQueue();
    const inside: { readonly key: string; readonly remaining: number; readonly at: number }[] = [];
    for (let at = 0; at < 20_000; at++) {
      if (random.chance(0.55)) {
        const entry = { key: String(at), remaining: random.below(20), at };
        inside.push(entry);
        queue.push(goal(entry.key, entry.remaining));
      } else {
        inside.sort((a, b) => b.remaining - a.remaining || a.at - b.at);
        expect(queue.take()?.key).toBe(inside.shift()?.key);
      }
    }
  });
});
