import { BuildStatus } from "./build.js";
import { dependencyFailedText, unknownOutputsText } from "./failure-text.js";
import { leaveAll } from "./interest.js";
import { enqueue } from "./schedule.js";
import type { Build, Goal, GoalFailure, RequestResult, WantedOutputs } from "./state.js";
import { removeGoal, report, setState, type Turn } from "./turn.js";

/** A goal has its outputs; `goal.outputs` is set. */
export function succeed(turn: Turn, goal: Goal, status: BuildStatus): void {
  goal.stopMs = turn.nowMs;
  setState(turn, goal, { type: "done", status });
  if (goal.needed) report(turn, goal, { type: "finished", status });
  for (const dependent of goal.dependents) {
    dependent.pendingInputs--;
    turn.tasks.push({ type: "settle", goal: dependent });
  }
  goal.dependents.clear();
  goal.inputs.clear();
  forget(turn, goal);
  endRequests(turn, goal, (wanted) => successOf(turn, goal, status, wanted));
}

/** A goal cannot have its outputs. */
export function fail(turn: Turn, goal: Goal, failure: GoalFailure): void {
  goal.stopMs = turn.nowMs;
  setState(turn, goal, { type: "failed", failure });
  report(turn, goal, { type: "finished", status: failure.status, errorText: failure.message });
  for (const build of goal.builds) {
    build.failures.push({ path: goal.path, ...failure });
    if (!build.keepGoing) turn.tasks.push({ type: "fail-build", build, cause: goal });
  }
  for (const dependent of goal.dependents) {
    dependent.pendingInputs--;
    dependent.failedInputs++;
    turn.tasks.push({ type: "settle", goal: dependent });
  }
  forget(turn, goal);
  endRequests(turn, goal, () => failureOf(goal, failure));
}

/** The driver keeps something from the first try on. */
function forget(turn: Turn, goal: Goal): void {
  if (goal.startMs !== undefined) turn.effects.push({ type: "forget", goal: goal.id });
}

/** Goes on with a goal whose last input ended. */
export function settle(turn: Turn, goal: Goal): void {
  if (goal.state.type !== "waiting" || goal.pendingInputs > 0 || !turn.state.goalsById.has(goal.id)) return;
  if (goal.failedInputs === 0) enqueue(turn, goal, "prepare");
  else fail(turn, goal, dependencyFailure(turn, goal, goal.failedInputs));
}

function dependencyFailure(turn: Turn, goal: Goal, failedInputs: number): GoalFailure {
  return {
    status: BuildStatus.DependencyFailed,
    message: dependencyFailedText(turn.state.storeDir, goal.path, failedInputs),
  };
}

/**
 * Ends a build at its first failure, as Nix does without `--keep-going`: whatever depends on the failed goal failed with it, the rest is
 * cancelled. Source: Nix, `Goal::waiteeDone` and `Worker::removeGoal`.
 */
export function failBuild(turn: Turn, build: Build, cause: Goal): void {
  if (build.ended) return;
  const reached = new Set([cause]);
  // A set is walked in the order of adding, and what is added meanwhile is walked too.
  for (const goal of reached)
    for (const dependent of goal.dependents) if (build.goals.has(dependent)) reached.add(dependent);
  for (const goal of reached) {
    const failure = goal === cause ? undefined : dependencyFailure(turn, goal, 1);
    if (failure !== undefined) build.failures.push({ path: goal.path, ...failure });
    for (const index of build.roots.get(goal) ?? []) build.results[index] ??= failureOf(goal, failure ?? causeOf(goal));
  }
  cancelBuild(turn, build);
}

function causeOf(goal: Goal): GoalFailure {
  if (goal.state.type !== "failed") throw new Error(`${goal.key} is said to have failed, but is ${goal.state.type}`);
  return goal.state.failure;
}

/** Ends a build now: requests without a result are Cancelled. */
export function cancelBuild(turn: Turn, build: Build): void {
  if (build.ended) return;
  for (const [index, { goal }] of build.requests.entries())
    build.results[index] ??= failureOf(goal, {
      status: BuildStatus.Cancelled,
      message: `build of '${turn.state.storeDir}/${goal.path}' was cancelled`,
    });
  endBuild(turn, build);
}

/** Lets go of everything; the end is told when the last cancelled execution is over. */
export function endBuild(turn: Turn, build: Build): void {
  if (build.ended) return;
  build.ended = true;
  build.pendingRequests = 0;
  leaveAll(turn, build);
  build.counts.running = 0;
  reportEnd(turn, build);
}

function reportEnd(turn: Turn, build: Build): void {
  if (build.draining.size > 0) return;
  turn.state.builds.delete(build.id);
  const results = build.results.map((result) => {
    if (result === undefined) throw new Error(`build ${build.id} ended with a request unanswered`);
    return result;
  });
  const { id, failures, counts } = build;
  turn.effects.push({ type: "build-ended", build: id, results, failures, counts });
}

/** A cancelled goal came to its end. Whoever asked for it meanwhile lives on; the builds that left it may end. */
export function confirmCancelled(turn: Turn, goal: Goal): void {
  if (goal.builds.length === 0) removeGoal(turn, goal);
  for (const build of turn.state.builds.values())
    if (build.draining.delete(goal) && build.ended) reportEnd(turn, build);
}

function endRequests(turn: Turn, goal: Goal, resultOf: (wanted: WantedOutputs) => RequestResult): void {
  for (const build of goal.builds) {
    for (const index of build.roots.get(goal) ?? []) {
      if (build.results[index] !== undefined) continue;
      const result = resultOf(build.requests[index]!.wanted);
      build.results[index] = result;
      build.pendingRequests--;
    }
    if (build.pendingRequests === 0) turn.tasks.push({ type: "end-build", build });
  }
}

/** The result for a request that a goal answers which has ended before. */
export function answerFromEnded(turn: Turn, goal: Goal): void {
  const { state } = goal;
  if (state.type === "done") endRequests(turn, goal, (wanted) => successOf(turn, goal, state.status, wanted));
  else if (state.type === "failed") endRequests(turn, goal, () => failureOf(goal, state.failure));
}

function successOf(turn: Turn, goal: Goal, status: BuildStatus, wanted: WantedOutputs): RequestResult {
  const unknown = wanted === "all" ? [] : [...wanted].filter((name) => !goal.outputs.has(name));
  if (unknown.length > 0)
    return failureOf(goal, {
      status: BuildStatus.MiscFailure,
      message: unknownOutputsText(turn.state.storeDir, goal.path, unknown),
    });
  const outputs = wanted === "all" ? goal.outputs : new Map([...goal.outputs].filter(([name]) => wanted.has(name)));
  return { drvPath: goal.path, status, outputs, ...timesOf(goal) };
}

function failureOf(goal: Goal, failure: GoalFailure): RequestResult {
  return {
    drvPath: goal.path,
    status: failure.status,
    outputs: new Map(),
    errorText: failure.message,
    ...timesOf(goal),
  };
}

function timesOf(goal: Goal): Pick<RequestResult, "timesBuilt" | "startMs" | "stopMs"> {
  return {
    timesBuilt: goal.timesBuilt,
    ...(goal.startMs !== undefined && { startMs: goal.startMs }),
    ...(goal.startMs !== undefined && goal.stopMs !== undefined && { stopMs: goal.stopMs }),
  };
}
