import type { Effect, GoalNews } from "./event.js";
import { isActive, takesJob, type Build, type Goal, type GoalState, type Limits, type State } from "./state.js";

/** What is still to be done in this step. A list, so that depth of the graph is not depth of the stack. */
export type Task =
  /** An input ended: go on if it was the last. */
  | { readonly type: "settle"; readonly goal: Goal }
  /** A build that does not keep going met a failure. */
  | { readonly type: "fail-build"; readonly build: Build; readonly cause: Goal }
  | { readonly type: "end-build"; readonly build: Build };

/** One step on its way. */
export interface Turn {
  readonly state: State;
  readonly nowMs: number;
  readonly limits: Limits;
  readonly effects: Effect[];
  readonly tasks: Task[];
}

/** Puts a goal into another state, and keeps every count right. */
export function setState(turn: Turn, goal: Goal, next: GoalState): void {
  const { state } = turn;
  for (const build of goal.builds) countGoal(build, goal, -1);
  count(state, goal.state, -1);
  goal.state = next;
  count(state, next, 1);
  for (const build of goal.builds) countGoal(build, goal, 1);
}

function count(state: State, of: GoalState, by: 1 | -1): void {
  if (isActive(of)) state.active += by;
  if (!takesJob(of)) return;
  state.running += by;
  const build = state.builds.get(of.chargedTo);
  if (build !== undefined) build.running += by;
}

/** Adds a goal to (or takes it from) what a build shows. */
export function countGoal(build: Build, goal: Goal, by: 1 | -1): void {
  const { counts } = build;
  if (goal.needed) counts.expected += by;
  if (goal.state.type === "running") counts.running += by;
  else if (goal.state.type === "failed") counts.failed += by;
  else if (goal.state.type === "done" && goal.needed) counts.done += by;
}

/** Tells those who wait for a goal what it did. */
export function report(turn: Turn, goal: Goal, news: GoalNews, builds: readonly Build[] = goal.builds): void {
  if (builds.length === 0) return;
  turn.effects.push({ type: "report", builds: builds.map((build) => build.id), drvPath: goal.path, news });
}

/** Takes a goal out of the books. What still answers for it finds nobody. */
export function removeGoal(turn: Turn, goal: Goal): void {
  const { state } = turn;
  count(state, goal.state, -1);
  state.goalsByKey.delete(goal.key);
  state.goalsById.delete(goal.id);
  unlinkInputs(goal);
}

/** It waits for none of its inputs any more. */
export function unlinkInputs(goal: Goal): void {
  for (const input of goal.inputs) input.dependents.delete(goal);
  goal.inputs.clear();
  goal.pendingInputs = 0;
  goal.failedInputs = 0;
}
