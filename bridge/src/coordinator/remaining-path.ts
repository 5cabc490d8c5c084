import type { Goal } from "./state.js";

/**
 * How much one link may change. A graph that grows in an awkward order changes the same goals many times, and one that goes in circles without
 * end; what is left out only makes the order of building worse.
 */
const CHANGES_MAX = 100_000;

/** So many derivations wait for a goal, one after the other: all that it needs in turn have as many and one more. */
export function lengthen(first: Goal, remaining: number): void {
  const stack: [Goal, number][] = [[first, remaining]];
  let changes = 0;
  for (let next = stack.pop(); next !== undefined && changes < CHANGES_MAX; next = stack.pop()) {
    const [goal, length] = next;
    if (goal.remaining >= length) continue;
    goal.remaining = length;
    changes++;
    if (goal.state.type === "queued") for (const build of goal.builds) build.ready.push(goal);
    for (const input of goal.inputs) stack.push([input, length + 1]);
  }
}
