import type { BuildOptions, BuildReport, CoordinatorParts } from "./driver.js";
import { createEffectRunner } from "./effect-runner.js";
import type { CoordinatorEvent } from "./event.js";
import { createOpenBuilds } from "./open-builds.js";
import { createState, type BuildId, type Limits } from "./state.js";
import { step } from "./step.js";

/** Feeds events to the step function, and has the effects carried out. */
export interface Dispatcher {
  /** A build is about to be requested. Resolves or rejects when it ends. */
  open(build: BuildId, options: BuildOptions): Promise<BuildReport>;
  dispatch(event: CoordinatorEvent): void;
}

/** @see Dispatcher */
export function createDispatcher(parts: CoordinatorParts, limits: Limits): Dispatcher {
  const state = createState(parts.storeDir);
  let pending: CoordinatorEvent[] = [];
  let pumping = false;
  let broken: { readonly fault: unknown } | undefined;

  const dispatch = (event: CoordinatorEvent): void => {
    if (broken !== undefined) return;
    pending.push(event);
    if (!pumping) pump();
  };
  const builds = createOpenBuilds((build) => dispatch({ type: "build-cancelled", build }));
  const runner = createEffectRunner({
    parts,
    goalOf: (goal) => state.goalsById.get(goal),
    optionsOf: (build) => builds.optionsOf(build),
    dispatch,
    tell(goal, event) {
      for (const { id } of goal.builds) builds.tell(id, event);
    },
  });

  /** Events that come while effects are carried out wait for their turn. */
  function pump(): void {
    pumping = true;
    try {
      // An array is walked to its end, and what is appended meanwhile is walked too.
      for (const event of pending) handle(event);
      pending = [];
    } catch (fault) {
      // A fault of ours: nothing can be relied on any more.
      broken = { fault };
      pending = [];
      runner.cancelAll();
      builds.failAll(fault);
    } finally {
      pumping = false;
    }
  }
  function handle(event: CoordinatorEvent): void {
    const [, effects] = step(state, event, parts.clock.nowMs(), limits);
    for (const effect of effects) {
      if (effect.type === "report") builds.report(effect);
      else if (effect.type === "build-ended") builds.end(effect);
      else runner.run(effect);
    }
    if (event === pending.at(-1)) builds.tellCounts((build) => state.builds.get(build)?.counts);
  }

  return {
    dispatch,
    async open(build, options) {
      if (broken !== undefined) throw broken.fault;
      return builds.open(build, options);
    },
  };
}
