import type { StorePath } from "../formats/store-path/store-path.js";
import { execute, prepare, register, type Attempt, type AttemptOptions, type PhaseOutcome } from "./attempt.js";
import { BuildStatus } from "./build.js";
import { cannotBuild, causeOf } from "./classify.js";
import type { CoordinatorParts } from "./driver.js";
import type { AttemptCause, CoordinatorEvent, Effect } from "./event.js";
import { inspectDerivation } from "./inspect-derivation.js";
import { createLimiter, type Limiter } from "./limiter.js";
import type { ProgressEvent } from "./progress.js";
import type { BuildId, Goal, GoalId } from "./state.js";
import type { SubstitutionEvent } from "./substitution.js";

/** Derivations read at once: enough to keep a store's read-ahead busy, few enough for the memory of a wide graph. */
const INSPECTIONS_MAX = 64;
/** Sources fetched at once; each may be a large upload. */
const SOURCES_MAX = 16;

/** What the runner needs from around it. */
export interface RunnerContext {
  readonly parts: CoordinatorParts;
  readonly goalOf: (goal: GoalId) => Goal | undefined;
  readonly optionsOf: (build: BuildId) => AttemptOptions;
  readonly dispatch: (event: CoordinatorEvent) => void;
  /** Tells everybody who waits for the goal. */
  readonly tell: (goal: Goal, event: ProgressEvent) => void;
}

/** Effects that are work for a goal. */
export type GoalEffect = Exclude<Effect, { readonly type: "report" | "build-ended" }>;

/** Starts the work that effects ask for. Each piece that is begun answers with exactly one event, whatever happens. */
export interface EffectRunner {
  run(effect: GoalEffect): void;
  cancelAll(): void;
}

/** What is kept for a goal between its phases, and how to stop what runs for it. */
interface Holding {
  readonly controller: AbortController;
  attempt: Attempt | undefined;
}

interface Runner extends RunnerContext {
  readonly holdings: Map<GoalId, Holding>;
  readonly inspections: Limiter;
  readonly sources: Limiter;
}

/** @see EffectRunner */
export function createEffectRunner(context: RunnerContext): EffectRunner {
  const holdings = new Map<GoalId, Holding>();
  const runner: Runner = {
    ...context,
    holdings,
    inspections: createLimiter(INSPECTIONS_MAX),
    sources: createLimiter(SOURCES_MAX),
  };
  return {
    run: (effect) => runEffect(runner, effect),
    cancelAll() {
      for (const { controller } of holdings.values()) controller.abort();
    },
  };
}

function runEffect(runner: Runner, effect: GoalEffect): void {
  switch (effect.type) {
    case "inspect":
      inspect(runner, effect);
      return;
    case "substitute":
      substitute(runner, effect);
      return;
    case "ensure-source":
      ensureSource(runner, effect);
      return;
    case "prepare":
    case "execute":
    case "register":
      runPhase(runner, effect);
      return;
    case "cancel":
      runner.holdings.get(effect.goal)?.controller.abort();
      return;
    case "forget":
      runner.holdings.get(effect.goal)?.controller.abort();
      runner.holdings.delete(effect.goal);
      return;
    case "schedule-timer":
      scheduleTimer(runner, effect);
  }
}

function hold({ holdings }: Runner, goal: GoalId): Holding {
  const held = holdings.get(goal) ?? { controller: new AbortController(), attempt: undefined };
  holdings.set(goal, held);
  return held;
}

function failed({ parts }: Runner, goal: GoalId, cause: AttemptCause): CoordinatorEvent {
  return { type: "attempt-failed", goal, cause, jitter: parts.random() };
}

/** What throws here is a fault of ours: errors of the world were made into causes before. */
function answer(runner: Runner, goal: GoalId, path: StorePath, work: () => Promise<CoordinatorEvent>): void {
  work().then(runner.dispatch, (reason: unknown) => {
    const message = cannotBuild(runner.parts.storeDir, path)(`internal error: ${String(reason)}`);
    runner.dispatch(failed(runner, goal, { type: "final", failure: { status: BuildStatus.MiscFailure, message } }));
  });
}

function inspect(runner: Runner, { goal, drvPath }: Effect & { type: "inspect" }): void {
  const { source, pathInfos, storeDir, substituter } = runner.parts;
  const { signal } = hold(runner, goal).controller;
  const work = async (): Promise<CoordinatorEvent> => {
    try {
      signal.throwIfAborted();
      const inspection = await inspectDerivation(source, pathInfos, drvPath, storeDir, substituter);
      return { type: "inspected", goal, inspection };
    } catch (reason) {
      return failed(runner, goal, causeOf(reason, "inspect", cannotBuild(storeDir, drvPath)));
    } finally {
      runner.holdings.delete(goal);
    }
  };
  answer(runner, goal, drvPath, () => runner.inspections(work));
}

/** The substituter bounds by itself what it does at once. */
function substitute(runner: Runner, { goal, drvPath, outputs }: Effect & { type: "substitute" }): void {
  const { substituter, storeDir } = runner.parts;
  const { signal } = hold(runner, goal).controller;
  const tell = (event: SubstitutionEvent): void => {
    const known = runner.goalOf(goal);
    if (known !== undefined) runner.tell(known, { type: "substitution", drvPath, event });
  };
  answer(runner, goal, drvPath, async () => {
    try {
      if (substituter === undefined) throw new Error("there is no substituter");
      const fetched = await Promise.all(
        [...outputs].map(async ([name, path]) => ({
          ...{ name, path },
          isValid: await substituter.fetch(path, { signal, onEvent: tell }),
        })),
      );
      const valid = fetched.filter(({ isValid }) => isValid).map(({ name, path }) => [name, path] as const);
      return { type: "substituted", goal, outputs: new Map(valid) };
    } catch (reason) {
      return failed(runner, goal, causeOf(reason, "inspect", cannotBuild(storeDir, drvPath)));
    } finally {
      runner.holdings.delete(goal);
    }
  });
}

function ensureSource(runner: Runner, { goal, path }: Effect & { type: "ensure-source" }): void {
  const { source, storeDir } = runner.parts;
  const { signal } = hold(runner, goal).controller;
  const work = async (): Promise<CoordinatorEvent> => {
    try {
      signal.throwIfAborted();
      await source.ensureValid(path, signal);
      return { type: "source-valid", goal };
    } catch (reason) {
      const describe = (message: string): string => `cannot obtain '${storeDir}/${path}': ${message}`;
      return failed(runner, goal, causeOf(reason, "source", describe));
    } finally {
      runner.holdings.delete(goal);
    }
  };
  answer(runner, goal, path, () => runner.sources(work));
}

function runPhase(runner: Runner, effect: Effect & { type: "prepare" | "execute" | "register" }): void {
  const { parts } = runner;
  const goal = runner.goalOf(effect.goal);
  if (goal === undefined) throw new Error(`goal ${effect.goal} is to ${effect.type}, and is gone`);
  const attempt = attemptOf(runner, goal);
  const options = runner.optionsOf(effect.chargedTo);
  // Taken now: the goal lets go of its inputs when it ends.
  const inputs = inputsOf(goal);
  answer(runner, goal.id, goal.path, async () => {
    switch (effect.type) {
      case "prepare":
        return eventOf(runner, goal.id, await prepare(parts, attempt, inputs, options), "prepared", "resolved");
      case "execute": {
        const skipCache = effect.skipCache || goal.mode === "check";
        const outcome = await execute(parts, attempt, skipCache, options);
        return eventOf(runner, goal.id, outcome, "executed", "registered");
      }
      case "register":
        return eventOf(runner, goal.id, await register(parts, attempt), "executed", "registered");
    }
  });
}

function attemptOf(runner: Runner, goal: Goal): Attempt {
  const held = hold(runner, goal.id);
  return (held.attempt ??= {
    drvPath: goal.path,
    mode: goal.mode,
    wanted: goal.wanted,
    signal: held.controller.signal,
    prepared: undefined,
    result: undefined,
    logTail: [],
    keepingLog: undefined,
    tell: (event) => runner.tell(goal, event),
  });
}

function inputsOf(goal: Goal): ReadonlyMap<StorePath, ReadonlyMap<string, StorePath>> {
  const derivations = [...goal.inputs].filter(({ kind }) => kind === "derivation");
  return new Map(derivations.map(({ path, outputs }) => [path, outputs]));
}

function eventOf(
  runner: Runner,
  goal: GoalId,
  outcome: PhaseOutcome,
  passed: "prepared" | "executed",
  withOutputs: "resolved" | "registered",
): CoordinatorEvent {
  switch (outcome.type) {
    case "passed":
      return { type: passed, goal };
    case "outputs":
      return { type: withOutputs, goal, outputs: outcome.outputs };
    case "failed":
      return failed(runner, goal, outcome.cause);
  }
}

function scheduleTimer(runner: Runner, { goal, timer, afterMs }: Effect & { type: "schedule-timer" }): void {
  const { signal } = hold(runner, goal).controller;
  runner.parts.clock.sleep(afterMs, signal).then(
    () => runner.dispatch({ type: "timer", goal, timer }),
    () => undefined, // The goal is not wanted any more.
  );
}
