import { BuildStatus } from "./build.js";
import type { AttemptCause, CoordinatorEvent, Effect, Inspection } from "./event.js";
import { notCheckableText, unknownOutputsText } from "./failure-text.js";
import {
  answerFromEnded,
  cancelBuild,
  confirmCancelled,
  endBuild,
  fail,
  failBuild,
  settle,
  succeed,
} from "./finish.js";
import { askGoal, inspect, missesOutputs, missingOutputs } from "./interest.js";
import { createReadyQueue } from "./ready-queue.js";
import { lengthen } from "./remaining-path.js";
import { retry } from "./retry.js";
import { enqueue, enterPhase, startJobs } from "./schedule.js";
import type { StorePath } from "../formats/store-path/store-path.js";
import type { Build, Goal, Limits, State } from "./state.js";
import { report, setState, unlinkInputs, type Turn } from "./turn.js";

/**
 * What follows from an event: the state after it, and what is to be done. Deterministic: no clock, no randomness, no I/O.
 *
 * The state is changed in place and returned (see state.ts, which says why). Events of goals that are gone are ignored.
 */
export function step(
  state: State,
  event: CoordinatorEvent,
  nowMs: number,
  limits: Limits,
): readonly [State, readonly Effect[]] {
  const turn: Turn = { state, nowMs, limits, effects: [], tasks: [] };
  apply(turn, event);
  runTasks(turn);
  if (state.active === 0 && state.builds.size > 0) failStuck(turn);
  startJobs(turn);
  return [state, turn.effects];
}

function apply(turn: Turn, event: CoordinatorEvent): void {
  switch (event.type) {
    case "build-requested":
      onRequested(turn, event);
      return;
    case "build-cancelled": {
      const build = turn.state.builds.get(event.build);
      if (build !== undefined) cancelBuild(turn, build);
      return;
    }
    case "inspected":
    case "substituted":
    case "source-valid":
    case "prepared":
    case "resolved":
    case "executed":
    case "registered":
    case "attempt-failed":
    case "timer": {
      const goal = turn.state.goalsById.get(event.goal);
      if (goal !== undefined) onGoalEvent(turn, goal, event);
    }
  }
}

function runTasks(turn: Turn): void {
  // An array is walked to its end, and what is appended meanwhile is walked too.
  for (const task of turn.tasks) {
    switch (task.type) {
      case "settle":
        settle(turn, task.goal);
        break;
      case "fail-build":
        failBuild(turn, task.build, task.cause);
        break;
      case "end-build":
        endBuild(turn, task.build);
    }
  }
  turn.tasks.length = 0;
}

function onRequested(turn: Turn, event: CoordinatorEvent & { type: "build-requested" }): void {
  const requests: Build["requests"][number][] = [];
  const build: Build = {
    id: event.build,
    keepGoing: event.keepGoing,
    substitutes: event.substitutes,
    jobsMax: event.jobsMax,
    requests,
    results: event.requests.map(() => undefined),
    pendingRequests: event.requests.length,
    roots: new Map(),
    goals: new Set(),
    ready: createReadyQueue(),
    running: 0,
    failures: [],
    draining: new Set(),
    ended: false,
    counts: { expected: 0, running: 0, done: 0, failed: 0 },
  };
  turn.state.builds.set(build.id, build);
  for (const [index, { drvPath, outputs }] of event.requests.entries()) {
    const { mode } = event;
    const goal = askGoal(turn, { kind: "derivation", path: drvPath, mode, wanted: outputs, builds: [build] });
    requests.push({ goal, wanted: outputs });
    build.roots.set(goal, [...(build.roots.get(goal) ?? []), index]);
  }
  for (const goal of build.roots.keys()) answerFromEnded(turn, goal);
  if (requests.length === 0) turn.tasks.push({ type: "end-build", build });
}

type GoalEvent = Extract<CoordinatorEvent, { readonly goal: number }>;

function onGoalEvent(turn: Turn, goal: Goal, event: GoalEvent): void {
  switch (goal.state.type) {
    case "inspecting":
      onInspecting(turn, goal, event);
      return;
    case "substituting":
      onSubstituting(turn, goal, event, goal.state);
      return;
    case "running":
      onRunning(turn, goal, event, goal.state);
      return;
    case "cancelling":
      onCancelling(turn, goal, event);
      return;
    case "backing-off": {
      if (event.type !== "timer" || event.timer !== goal.state.timer) return;
      const { resume } = goal.state;
      if (resume === "inspect") inspect(turn, goal);
      else enqueue(turn, goal, resume);
      return;
    }
    case "waiting":
    case "queued":
    case "done":
    case "failed":
      if (event.type === "timer") return;
      throw new Error(`${goal.key} is ${goal.state.type}, but was told: ${event.type}`);
  }
}

function onInspecting(turn: Turn, goal: Goal, event: GoalEvent): void {
  switch (event.type) {
    case "inspected":
      onInspected(turn, goal, event.inspection);
      return;
    case "source-valid":
      succeed(turn, goal, BuildStatus.AlreadyValid);
      return;
    case "attempt-failed":
      onAttemptFailed(turn, goal, event.cause, event.jitter);
      return;
    case "timer":
      return;
    case "substituted":
    case "prepared":
    case "resolved":
    case "executed":
    case "registered":
      throw new Error(`${goal.key} is being inspected, but was told: ${event.type}`);
  }
}

function onInspected(turn: Turn, goal: Goal, inspection: Inspection): void {
  const { storeDir } = turn.state;
  const { wanted } = goal;
  goal.outputNames = inspection.outputNames;
  goal.outputs = inspection.validOutputs;
  const unknown = wanted === "all" ? [] : [...wanted].filter((name) => !inspection.outputNames.includes(name));
  if (unknown.length > 0) {
    const message = unknownOutputsText(storeDir, goal.path, unknown);
    fail(turn, goal, { status: BuildStatus.MiscFailure, message });
    return;
  }
  const valid = !missesOutputs(goal);
  if (valid && goal.mode === "normal") {
    succeed(turn, goal, BuildStatus.AlreadyValid);
    return;
  }
  if (!valid && goal.mode === "check") {
    fail(turn, goal, { status: BuildStatus.MiscFailure, message: notCheckableText(storeDir, goal.path) });
    return;
  }
  if (!valid && substitute(turn, goal, inspection)) return;
  need(turn, goal, inspection);
}

/** Has the wanted outputs looked for elsewhere, if that could spare the build. */
function substitute(turn: Turn, goal: Goal, inspection: Inspection): boolean {
  if (!goal.builds.some(({ substitutes }) => substitutes)) return false;
  const missing = missingOutputs(goal);
  const outputs = new Map<string, StorePath>();
  for (const name of missing) {
    const path = inspection.substitutable.get(name);
    if (path === undefined) return false;
    outputs.set(name, path);
  }
  setState(turn, goal, { type: "substituting", inspection, tried: new Set(missing) });
  turn.effects.push({ type: "substitute", goal: goal.id, drvPath: goal.path, outputs });
  return true;
}

function onSubstituting(
  turn: Turn,
  goal: Goal,
  event: GoalEvent,
  { inspection, tried }: Goal["state"] & { type: "substituting" },
): void {
  switch (event.type) {
    case "substituted": {
      goal.outputs = new Map([...inspection.validOutputs, ...event.outputs]);
      const missing = missingOutputs(goal);
      if (missing.length === 0) succeed(turn, goal, BuildStatus.Substituted);
      // Somebody has asked for more of it meanwhile.
      else if (missing.every((name) => !tried.has(name))) inspect(turn, goal);
      else need(turn, goal, inspection);
      return;
    }
    case "attempt-failed":
      onAttemptFailed(turn, goal, event.cause, event.jitter);
      return;
    case "timer":
      return;
    case "inspected":
    case "source-valid":
    case "prepared":
    case "resolved":
    case "executed":
    case "registered":
      throw new Error(`${goal.key} is being substituted, but was told: ${event.type}`);
  }
}

/** It must be built: it waits for its inputs. */
function need(turn: Turn, goal: Goal, inspection: Inspection): void {
  setState(turn, goal, { type: "waiting" });
  if (!goal.needed) {
    goal.needed = true;
    for (const build of goal.builds) build.counts.expected++;
    report(turn, goal, { type: "discovered" });
  }
  linkInputs(turn, goal, inspection);
  turn.tasks.push({ type: "settle", goal });
}

function linkInputs(turn: Turn, goal: Goal, inspection: Inspection): void {
  unlinkInputs(goal);
  const { builds } = goal;
  const link = (input: Goal): void => {
    goal.inputs.add(input);
    if (input.state.type === "done") return;
    if (input.state.type === "failed") goal.failedInputs++;
    else goal.pendingInputs++;
    input.dependents.add(goal);
    lengthen(input, goal.remaining + 1);
  };
  for (const { drvPath, outputs } of inspection.inputDrvs)
    link(askGoal(turn, { kind: "derivation", path: drvPath, mode: "normal", wanted: new Set(outputs), builds }));
  for (const path of inspection.inputSrcs)
    link(askGoal(turn, { kind: "source", path, mode: "normal", wanted: new Set(), builds }));
}

function onRunning(turn: Turn, goal: Goal, event: GoalEvent, state: Goal["state"] & { type: "running" }): void {
  switch (event.type) {
    case "prepared":
      enterPhase(turn, goal, "execute", state.chargedTo);
      return;
    case "executed":
      enterPhase(turn, goal, "register", state.chargedTo);
      return;
    case "resolved":
      goal.outputs = event.outputs;
      succeed(turn, goal, BuildStatus.ResolvesToAlreadyValid);
      return;
    case "registered":
      goal.outputs = event.outputs;
      goal.timesBuilt++;
      succeed(turn, goal, BuildStatus.Built);
      return;
    case "attempt-failed":
      onAttemptFailed(turn, goal, event.cause, event.jitter);
      return;
    case "timer":
      return;
    case "inspected":
    case "substituted":
    case "source-valid":
      throw new Error(`${goal.key} is running, but was told: ${event.type}`);
  }
}

function onAttemptFailed(turn: Turn, goal: Goal, cause: AttemptCause, jitter: number): void {
  const phase = goal.state.type === "running" ? goal.state.phase : "inspect";
  if (cause.type === "final") fail(turn, goal, cause.failure);
  else retry(turn, goal, cause, phase, jitter);
}

/** Whatever it says, what ran for it has ended. Success is not thrown away if somebody came back for it. */
function onCancelling(turn: Turn, goal: Goal, event: GoalEvent): void {
  if (event.type === "timer") return;
  turn.effects.push({ type: "forget", goal: goal.id });
  if (goal.builds.length > 0) {
    if (event.type === "registered" || event.type === "resolved") {
      goal.outputs = event.outputs;
      succeed(turn, goal, event.type === "registered" ? BuildStatus.Built : BuildStatus.ResolvesToAlreadyValid);
    } else {
      inspect(turn, goal);
    }
  }
  confirmCancelled(turn, goal);
}

/** Nothing is under way, and yet somebody waits: the derivations need each other. Paths are hashes, so only a forged graph can do it. */
function failStuck(turn: Turn): void {
  for (const build of [...turn.state.builds.values()]) {
    const message = (goal: Goal): string =>
      `derivation '${turn.state.storeDir}/${goal.path}' depends on itself through its inputs`;
    for (const { goal } of build.requests)
      if (goal.state.type === "waiting")
        fail(turn, goal, { status: BuildStatus.InputRejected, message: message(goal) });
  }
  runTasks(turn);
}
