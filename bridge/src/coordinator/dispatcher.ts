import type { StorePath } from "../formats/store-path/store-path.js";
import { execute, prepare, register, type Attempt, type AttemptOptions, type PhaseOutcome } from "./attempt.js";
import { BuildStatus } from "./build.js";
import { cannotBuild, causeOf } from "./classify.js";
import type { BuildOptions, BuildReport, CoordinatorParts } from "./driver.js";
import type { CoordinatorEvent, Effect } from "./event.js";
import { inspectDerivation } from "./inspect-derivation.js";
import { createLimiter } from "./limiter.js";
import type { ProgressEvent } from "./progress.js";
import { createState, type BuildId, type Goal, type GoalId, type Limits } from "./state.js";
import { step } from "./step.js";

/** Feeds events to the step function, and carries out the effects. */
export interface Dispatcher {
  /** A build is about to be requested. Resolves or rejects when it ends. */
  open(build: BuildId, options: BuildOptions): Promise<BuildReport>;
  dispatch(event: CoordinatorEvent): void;
}

/** Derivations read at once: enough to keep a store's read-ahead busy, few enough for the memory of a wide graph. */
const INSPECTIONS_MAX = 64;
/** Sources fetched at once; each may be a large upload. */
const SOURCES_MAX = 16;

interface OpenBuild {
  readonly options: BuildOptions;
  readonly resolve: (report: BuildReport) => void;
  readonly reject: (reason: unknown) => void;
  /** What `onEvent` threw. */
  fault: { readonly reason: unknown } | undefined;
  countsChanged: boolean;
}

/** What is kept for a goal between its phases, and how to stop what runs for it. */
interface Holding {
  readonly controller: AbortController;
  attempt: Attempt | undefined;
}

/** @see Dispatcher */
export function createDispatcher(parts: CoordinatorParts, limits: Limits): Dispatcher {
  const state = createState(parts.storeDir);
  const builds = new Map<BuildId, OpenBuild>();
  const holdings = new Map<GoalId, Holding>();
  const inspections = createLimiter(INSPECTIONS_MAX);
  const sources = createLimiter(SOURCES_MAX);
  const pending: CoordinatorEvent[] = [];
  let pumping = false;
  let broken: { readonly fault: unknown } | undefined;

  const tell = (build: BuildId, event: ProgressEvent): void => {
    const open = builds.get(build);
    if (open?.options.onEvent === undefined || open.fault !== undefined) return;
    try {
      open.options.onEvent(event);
    } catch (reason) {
      open.fault = { reason };
      pending.push({ type: "build-cancelled", build });
    }
  };
  const tellWaiting = (goal: Goal, event: ProgressEvent): void => {
    for (const build of goal.builds) tell(build.id, event);
    if (!pumping && pending.length > 0) pump();
  };

  const dispatch = (event: CoordinatorEvent): void => {
    if (broken !== undefined) return;
    pending.push(event);
    if (!pumping) pump();
  };
  /** Events that come while effects are carried out wait for their turn. */
  const pump = (): void => {
    pumping = true;
    try {
      for (let event = pending.shift(); event !== undefined; event = pending.shift()) {
        const [, effects] = step(state, event, parts.clock.nowMs(), limits);
        for (const effect of effects) carryOut(effect);
        if (pending.length === 0) tellCounts();
      }
    } catch (fault) {
      // A fault of ours: nothing can be relied on any more, and nobody may be left waiting.
      for (const { controller } of holdings.values()) controller.abort();
      for (const { reject } of builds.values()) reject(fault);
      builds.clear();
      pending.length = 0;
      broken = { fault };
    } finally {
      pumping = false;
    }
  };
  const tellCounts = (): void => {
    for (const [id, open] of builds) {
      if (!open.countsChanged) continue;
      open.countsChanged = false;
      const counts = state.builds.get(id)?.counts;
      if (counts !== undefined) tell(id, { type: "counts", ...counts });
    }
  };

  const hold = (goal: GoalId): Holding => {
    const held = holdings.get(goal) ?? { controller: new AbortController(), attempt: undefined };
    holdings.set(goal, held);
    return held;
  };
  const drop = (goal: GoalId): void => {
    holdings.get(goal)?.controller.abort();
    holdings.delete(goal);
  };
  const failed = (goal: GoalId, cause: (CoordinatorEvent & { type: "attempt-failed" })["cause"]): CoordinatorEvent => ({
    type: "attempt-failed",
    goal,
    cause,
    jitter: parts.random(),
  });
  /** Answers with exactly one event, whatever happens. */
  const answer = (goal: GoalId, path: StorePath, run: () => Promise<CoordinatorEvent>): void => {
    run().then(dispatch, (reason: unknown) => {
      const message = cannotBuild(parts.storeDir, path)(`internal error: ${String(reason)}`);
      dispatch(failed(goal, { type: "final", failure: { status: BuildStatus.MiscFailure, message } }));
    });
  };

  const inspect = (goal: GoalId, drvPath: StorePath): void => {
    const { signal } = hold(goal).controller;
    answer(goal, drvPath, () =>
      inspections(async () => {
        try {
          signal.throwIfAborted();
          const inspection = await inspectDerivation(parts.source, parts.pathInfos, drvPath, parts.storeDir);
          return { type: "inspected", goal, inspection };
        } catch (reason) {
          return failed(goal, causeOf(reason, "inspect", cannotBuild(parts.storeDir, drvPath)));
        } finally {
          holdings.delete(goal);
        }
      }),
    );
  };
  const ensureSource = (goal: GoalId, path: StorePath): void => {
    const { signal } = hold(goal).controller;
    answer(goal, path, () =>
      sources(async () => {
        try {
          signal.throwIfAborted();
          await parts.source.ensureValid(path, signal);
          return { type: "source-valid", goal };
        } catch (reason) {
          const describe = (message: string): string => `cannot obtain '${parts.storeDir}/${path}': ${message}`;
          return failed(goal, causeOf(reason, "source", describe));
        } finally {
          holdings.delete(goal);
        }
      }),
    );
  };

  const attemptOf = (goal: Goal): Attempt => {
    const held = hold(goal.id);
    return (held.attempt ??= {
      drvPath: goal.path,
      mode: goal.mode,
      wanted: goal.wanted,
      signal: held.controller.signal,
      prepared: undefined,
      result: undefined,
      logTail: [],
      tell: (event) => tellWaiting(goal, event),
    });
  };
  const inputsOf = (goal: Goal): ReadonlyMap<StorePath, ReadonlyMap<string, StorePath>> => {
    const derivations = [...goal.inputs].filter(({ kind }) => kind === "derivation");
    return new Map(derivations.map(({ path, outputs }) => [path, outputs]));
  };
  const runPhase = (effect: Effect & { type: "prepare" | "execute" | "register" }): void => {
    const goal = state.goalsById.get(effect.goal);
    if (goal === undefined) throw new Error(`goal ${effect.goal} is to ${effect.type}, and is gone`);
    const attempt = attemptOf(goal);
    const options: AttemptOptions = builds.get(effect.chargedTo)?.options ?? {};
    answer(goal.id, goal.path, async () => {
      switch (effect.type) {
        case "prepare":
          return eventOf(goal.id, await prepare(parts, attempt, inputsOf(goal), options), "prepared", "resolved");
        case "execute": {
          const skipCache = effect.skipCache || goal.mode === "check";
          return eventOf(goal.id, await execute(parts, attempt, skipCache, options), "executed", "registered");
        }
        case "register":
          return eventOf(goal.id, await register(parts, attempt), "executed", "registered");
      }
    });
  };
  const eventOf = (
    goal: GoalId,
    outcome: PhaseOutcome,
    passed: "prepared" | "executed",
    withOutputs: "resolved" | "registered",
  ): CoordinatorEvent => {
    switch (outcome.type) {
      case "passed":
        return { type: passed, goal };
      case "outputs":
        return { type: withOutputs, goal, outputs: outcome.outputs };
      case "failed":
        return failed(goal, outcome.cause);
    }
  };

  const scheduleTimer = ({ goal, timer, afterMs }: Effect & { type: "schedule-timer" }): void => {
    parts.clock.sleep(afterMs, hold(goal).controller.signal).then(
      () => dispatch({ type: "timer", goal, timer }),
      () => undefined, // The goal is not wanted any more.
    );
  };
  const endBuild = ({ build, results, failures }: Effect & { type: "build-ended" }): void => {
    const open = builds.get(build);
    builds.delete(build);
    if (open?.fault !== undefined) open.reject(open.fault.reason);
    else open?.resolve({ results, failures });
  };

  const carryOut = (effect: Effect): void => {
    switch (effect.type) {
      case "inspect":
        inspect(effect.goal, effect.drvPath);
        return;
      case "ensure-source":
        ensureSource(effect.goal, effect.path);
        return;
      case "prepare":
      case "execute":
      case "register":
        runPhase(effect);
        return;
      case "cancel":
        holdings.get(effect.goal)?.controller.abort();
        return;
      case "forget":
        drop(effect.goal);
        return;
      case "schedule-timer":
        scheduleTimer(effect);
        return;
      case "report":
        for (const build of effect.builds) {
          tell(build, { drvPath: effect.drvPath, ...effect.news });
          const open = builds.get(build);
          if (open !== undefined) open.countsChanged = true;
        }
        return;
      case "build-ended":
        endBuild(effect);
    }
  };

  return {
    dispatch,
    open(build, options) {
      const { promise, resolve, reject } = Promise.withResolvers<BuildReport>();
      if (broken !== undefined) reject(broken.fault);
      else builds.set(build, { options, resolve, reject, fault: undefined, countsChanged: false });
      return promise;
    },
  };
}
