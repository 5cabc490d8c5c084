import type { StorePath } from "../formats/store-path/store-path.js";
import type { Build, BuildMode, Goal, WantedOutputs } from "./state.js";
import { countGoal, removeGoal, report, setState, unlinkInputs, type Turn } from "./turn.js";

/** What is asked of a goal, and for whom. */
export interface Ask {
  readonly kind: "derivation" | "source";
  readonly path: StorePath;
  readonly mode: BuildMode;
  readonly wanted: WantedOutputs;
  readonly builds: readonly Build[];
}

/**
 * The one goal for a path, made if there is none, with these builds waiting for it. One that is done, but without some wanted output, is
 * opened again: it had been found valid when less was asked.
 */
export function askGoal(turn: Turn, ask: Ask): Goal {
  // A derivation may be needed as a file too: that is another goal, which does not wait for its build.
  const key = `${ask.kind}:${ask.mode}:${ask.path}`;
  const goal = turn.state.goalsByKey.get(key) ?? createGoal(turn, key, ask);
  widen(goal, ask.wanted);
  for (const build of ask.builds) join(turn, build, goal);
  if (goal.state.type === "done" && missesOutputs(goal)) inspect(turn, goal);
  return goal;
}

function createGoal(turn: Turn, key: string, ask: Ask): Goal {
  const { state } = turn;
  const goal: Goal = {
    id: state.nextId++,
    key,
    kind: ask.kind,
    path: ask.path,
    mode: ask.mode,
    state: { type: "waiting" },
    wanted: new Set(),
    outputNames: undefined,
    inputs: new Set(),
    dependents: new Set(),
    remaining: 0,
    pendingInputs: 0,
    failedInputs: 0,
    builds: [],
    outputs: new Map(),
    needed: false,
    attempts: 0,
    skipCache: false,
    timesBuilt: 0,
    startMs: undefined,
    stopMs: undefined,
  };
  state.goalsByKey.set(key, goal);
  state.goalsById.set(goal.id, goal);
  inspect(turn, goal);
  return goal;
}

/** Looks at a goal, for the first time or anew. */
export function inspect(turn: Turn, goal: Goal): void {
  setState(turn, goal, { type: "inspecting" });
  turn.effects.push(
    goal.kind === "source"
      ? { type: "ensure-source", goal: goal.id, path: goal.path }
      : { type: "inspect", goal: goal.id, drvPath: goal.path },
  );
}

function widen(goal: Goal, wanted: WantedOutputs): void {
  if (goal.wanted === "all") return;
  if (wanted === "all") goal.wanted = "all";
  else for (const name of wanted) goal.wanted.add(name);
}

/** Whether a wanted output is not among those it has. Names that the derivation does not know are left to whoever asked. */
export function missesOutputs(goal: Goal): boolean {
  return missingOutputs(goal).length > 0;
}

/** The wanted outputs that it does not have. */
export function missingOutputs({ wanted, outputs, outputNames = [] }: Goal): string[] {
  return outputNames.filter((name) => (wanted === "all" || wanted.has(name)) && !outputs.has(name));
}

/** A build waits for a goal, and for all that the goal needs. */
function join(turn: Turn, build: Build, first: Goal): void {
  const stack = [first];
  for (let goal = stack.pop(); goal !== undefined; goal = stack.pop()) {
    if (build.goals.has(goal)) continue;
    build.goals.add(goal);
    goal.builds.push(build);
    countGoal(build, goal, 1);
    if (goal.needed && goal.state.type !== "done") report(turn, goal, { type: "discovered" }, [build]);
    switch (goal.state.type) {
      case "queued":
        build.ready.push(goal);
        break;
      case "running":
        report(turn, goal, { type: "started" }, [build]);
        break;
      case "failed":
        build.failures.push({ path: goal.path, ...goal.state.failure });
        if (!build.keepGoing) turn.tasks.push({ type: "fail-build", build, cause: goal });
        break;
      case "inspecting":
      case "substituting":
      case "waiting":
      case "backing-off":
      case "cancelling":
      case "done":
    }
    // Not by spreading: arguments go on the stack, and a derivation may have very many inputs.
    for (const input of goal.inputs) stack.push(input);
  }
}

/** A build lets go of everything it waited for. What nobody else waits for is cancelled or forgotten. */
export function leaveAll(turn: Turn, build: Build): void {
  for (const goal of build.goals) leave(turn, build, goal);
  build.goals.clear();
}

function leave(turn: Turn, build: Build, goal: Goal): void {
  const others = goal.builds.filter((other) => other !== build);
  const [heir] = others;
  goal.builds = others;
  const { state } = goal;
  if (heir === undefined) abandon(turn, build, goal);
  else if (state.type === "running" && state.chargedTo === build.id)
    setState(turn, goal, { ...state, chargedTo: heir.id });
  else if (state.type === "cancelling") build.draining.add(goal);
}

function abandon(turn: Turn, build: Build, goal: Goal): void {
  switch (goal.state.type) {
    case "running":
      build.draining.add(goal);
      turn.effects.push({ type: "cancel", goal: goal.id });
      // Its inputs may be gone when somebody wants it again: it starts with looking at them.
      unlinkInputs(goal);
      goal.attempts = 0;
      goal.skipCache = false;
      goal.startMs = undefined;
      setState(turn, goal, { type: "cancelling", chargedTo: build.id });
      return;
    case "cancelling":
      build.draining.add(goal);
      return;
    case "inspecting":
    case "substituting":
    case "queued":
    case "backing-off":
      turn.effects.push({ type: "forget", goal: goal.id });
      removeGoal(turn, goal);
      return;
    case "waiting":
    case "done":
    case "failed":
      removeGoal(turn, goal);
  }
}
