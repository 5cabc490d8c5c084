import { BuildStatus } from "#src/coordinator/build.js";
import type { AttemptCause, CoordinatorEvent, Effect } from "#src/coordinator/event.js";
import { isSuccess } from "#src/coordinator/exit-code.js";
import { createState, isActive, takesJob, type BuildMode, type Limits } from "#src/coordinator/state.js";
import { step } from "#src/coordinator/step.js";
import type { StorePath } from "#src/formats/store-path/store-path.js";
import { createRandom, type Random } from "./random.js";

/** A derivation of the simulation. */
interface SimulatedDerivation {
  readonly path: StorePath;
  readonly outputs: readonly string[];
  readonly inputs: readonly { readonly drvPath: StorePath; readonly outputs: readonly string[] }[];
  readonly sources: readonly StorePath[];
  /** `hangs` never ends by itself; `unlucky` meets an operating error each time. */
  /** Somebody else has its outputs, who does not always answer. */
  readonly isCached: boolean;
  readonly nature: "builds" | "fails" | "hangs" | "unlucky";
}

interface UnderWay {
  readonly effect: Effect & { type: "inspect" | "substitute" | "ensure-source" | "prepare" | "execute" | "register" };
  readonly path: StorePath;
  readonly mode: BuildMode;
  cancelled: boolean;
}

type EndedBuild = Effect & { type: "build-ended" };
interface SimulatedBuild {
  readonly request: CoordinatorEvent & { type: "build-requested" };
  cancelled: boolean;
  ended: EndedBuild | undefined;
}

const JOB_PHASES: readonly string[] = ["prepare", "execute", "register"];

/** Operating errors one goal may meet: one fewer than would be final, so that the outcome depends on the graph alone. */
const limits: Limits = { jobsMax: 3, attemptsMax: 4, backoffBaseMs: 100, backoffMaxMs: 1_000 };

/** Fails with a reason if the coordinator breaks a promise. */
export function simulate(seed: number): void {
  createWorld(createRandom(seed)).run();
}

function assert(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}

function createWorld(random: Random): { run(): void } {
  const graph = makeGraph(random);
  const sources = new Map<StorePath, boolean>(); // Whether they can be had.
  const valid = new Map<string, StorePath>(); // By `<drv>!<output>`.
  for (const drv of graph.values()) {
    for (const source of drv.sources) if (!sources.has(source)) sources.set(source, !random.chance(0.05));
    if (random.chance(0.2)) for (const name of drv.outputs) if (random.chance(0.7)) makeValid(drv.path, name);
  }
  const state = createState("/nix/store");
  const underWay = new Map<number, UnderWay>();
  const timers: { readonly goal: number; readonly timer: number; readonly dueMs: number }[] = [];
  const builds = new Map<number, SimulatedBuild>();
  const registrations = new Map<string, number>();
  const failuresOf = new Map<number, number>(); // Operating errors, by goal.
  const executionsOf = new Map<number, number>();
  let nowMs = 0;
  let hangsForGood = true;

  function makeValid(drvPath: StorePath, name: string): void {
    valid.set(`${drvPath}!${name}`, `${drvPath.slice(0, -4)}-${name}` as StorePath);
  }
  function outputsOf(drvPath: StorePath): Map<string, StorePath> {
    const names = graph.get(drvPath)?.outputs ?? [];
    return new Map(
      names.flatMap((name) => {
        const path = valid.get(`${drvPath}!${name}`);
        return path === undefined ? [] : [[name, path] as const];
      }),
    );
  }

  function feed(event: CoordinatorEvent): void {
    const [, effects] = step(state, event, nowMs, limits);
    for (const effect of effects) meet(effect);
    checkBooks();
  }

  function meet(effect: Effect): void {
    switch (effect.type) {
      case "inspect":
      case "substitute":
      case "ensure-source":
      case "prepare":
      case "execute":
      case "register":
        begin(effect);
        return;
      case "cancel":
      case "forget": {
        const item = underWay.get(effect.goal);
        if (item !== undefined) item.cancelled = true;
        executionsOf.delete(effect.goal); // Whoever comes back for it has all tries before him.
        return;
      }
      case "schedule-timer":
        timers.push({ goal: effect.goal, timer: effect.timer, dueMs: nowMs + effect.afterMs });
        return;
      case "report":
        return;
      case "build-ended": {
        const build = builds.get(effect.build)!;
        assert(build.ended === undefined, `build ${effect.build} ended twice`);
        build.ended = effect;
        checkEnd(build, effect);
      }
    }
  }

  function begin(effect: UnderWay["effect"]): void {
    const goal = state.goalsById.get(effect.goal);
    // Asked for and left in one step: the answer will find nobody.
    if (
      goal === undefined &&
      (["inspect", "substitute", "ensure-source"] as const).some((type) => type === effect.type)
    )
      return;
    if (goal === undefined) throw new Error(`a goal that is gone is to ${effect.type}`);
    if (effect.type === "substitute")
      assert(
        goal.builds.some(({ substitutes }) => substitutes),
        `${goal.path} is fetched for nobody`,
      );
    assert(!underWay.has(goal.id), `${goal.key} has two things under way`);
    if (effect.type === "prepare" || effect.type === "execute" || effect.type === "register") {
      const twin = [...underWay.values()].find(
        ({ path, mode, effect: { type } }) => path === goal.path && mode === goal.mode && JOB_PHASES.includes(type),
      );
      assert(twin === undefined, `${goal.path} runs twice`);
      const charged = state.builds.get(effect.chargedTo)!;
      assert(goal.builds.includes(charged), `${goal.key} is started for a build that does not wait for it`);
      for (const input of graph.get(goal.path)!.inputs)
        for (const name of input.outputs)
          assert(valid.has(`${input.drvPath}!${name}`), `${goal.path} starts before ${input.drvPath}!${name} is valid`);
      for (const source of graph.get(goal.path)!.sources)
        assert(sources.get(source) === true, `${goal.path} starts without ${source}`);
    }
    if (effect.type === "execute") {
      const executions = (executionsOf.get(goal.id) ?? 0) + 1;
      executionsOf.set(goal.id, executions);
      assert(executions <= limits.attemptsMax, `${goal.key} is executed ${executions} times`);
    }
    underWay.set(goal.id, { effect, path: goal.path, mode: goal.mode, cancelled: false });
  }

  /** The counters, against what they count. */
  function checkBooks(): void {
    const goals = [...state.goalsById.values()];
    const jobs = [...underWay.values()].filter(({ effect }) => JOB_PHASES.includes(effect.type)).length;
    assert(jobs <= limits.jobsMax, `${jobs} jobs run, of at most ${limits.jobsMax}`);
    assert(state.running === goals.filter((goal) => takesJob(goal.state)).length, "running is miscounted");
    assert(state.running === jobs, `${jobs} jobs run, ${state.running} are counted`);
    assert(state.active === goals.filter((goal) => isActive(goal.state)).length, "active is miscounted");
    for (const build of state.builds.values()) {
      const running = goals.filter(({ state: of }) => takesJob(of) && of.chargedTo === build.id).length;
      assert(build.running === running, `running of build ${build.id} is miscounted`);
      if (build.ended) continue;
      const mine = [...build.goals];
      const { counts } = build;
      assert(counts.expected === mine.filter((goal) => goal.needed).length, "expected is miscounted");
      assert(counts.running === mine.filter((goal) => goal.state.type === "running").length, "counts.running is wrong");
      assert(counts.failed === mine.filter((goal) => goal.state.type === "failed").length, "counts.failed is wrong");
      const done = mine.filter((goal) => goal.needed && goal.state.type === "done").length;
      assert(counts.done === done, "counts.done is wrong");
      for (const goal of mine) assert(goal.builds.includes(build), `${goal.key} does not know build ${build.id}`);
    }
    for (const goal of goals) {
      // One that was opened again for other outputs is not waited for by those who had what they wanted.
      const awaited = [...goal.inputs].filter((input) => input.dependents.has(goal));
      const pending = awaited.filter(({ state: of }) => of.type !== "failed").length;
      if (goal.state.type === "waiting") assert(goal.pendingInputs === pending, `${goal.key} waits for a wrong number`);
    }
    // Whoever can be served is.
    const ready = goals.filter(({ state: of }) => of.type === "queued");
    if (state.running < limits.jobsMax)
      for (const goal of ready)
        assert(
          goal.builds.every((build) => build.running >= build.jobsMax),
          `${goal.key} could run`,
        );
  }

  function checkEnd(build: SimulatedBuild, { results, failures }: EndedBuild): void {
    const { requests, keepGoing, mode } = build.request;
    assert(results.length === requests.length, "a request has no result");
    for (const [index, result] of results.entries()) {
      const { drvPath, outputs } = requests[index]!;
      assert(result.drvPath === drvPath, "results are out of order");
      const succeeded = isSuccess(result.status);
      if (succeeded)
        for (const name of outputs === "all" ? graph.get(drvPath)!.outputs : outputs)
          assert(result.outputs.get(name) === valid.get(`${drvPath}!${name}`), `${drvPath}!${name} is not valid`);
      assert(succeeded || result.errorText !== undefined, "a failure without a text");
      if (build.cancelled) continue;
      assert(
        result.status !== BuildStatus.Cancelled || (!keepGoing && failures.length > 0),
        `build ${build.request.build} was cancelled by nobody`,
      );
      if (!succeeded && result.status !== BuildStatus.Cancelled) {
        assert(
          failures.some(({ path }) => path === drvPath),
          "a failure is not listed",
        );
        if (mode === "normal")
          assert(!canBuild(drvPath, "all"), `${drvPath} could have been built: ${result.errorText ?? ""}`);
      }
      if (succeeded && result.status === BuildStatus.Built)
        assert(canBuild(drvPath, "wanted"), `${drvPath} cannot be built`);
    }
    const own = [...underWay.values()].filter(
      ({ effect }) => "chargedTo" in effect && effect.chargedTo === build.request.build,
    );
    for (const { effect } of own) {
      const goal = state.goalsById.get(effect.goal)!;
      const others = [...state.builds.values()].some((other) => other.goals.has(goal) || other.draining.has(goal));
      assert(others, "something still runs for an ended build alone");
    }
  }

  /**
   * What must come of a derivation, whatever happens on the way. With `wanted`, an input need not build if what is wanted of it is valid;
   * with `all` it must, for it may be shared with somebody who wants more, and fail for both.
   */
  function canBuild(drvPath: StorePath, needs: "wanted" | "all"): boolean {
    const drv = graph.get(drvPath)!;
    if (outputsOf(drvPath).size === drv.outputs.length) return true;
    return (
      drv.nature === "builds" &&
      drv.sources.every((source) => sources.get(source)) &&
      drv.inputs.every(
        (input) =>
          (needs === "wanted" && input.outputs.every((name) => valid.has(`${input.drvPath}!${name}`))) ||
          canBuild(input.drvPath, needs),
      )
    );
  }

  function answer(goal: number): void {
    const item = underWay.get(goal)!;
    const event = answerTo(goal, item);
    if (event === undefined) return; // It hangs.
    underWay.delete(goal);
    feed(event);
  }

  function namedOutputs({ path, outputs, isCached }: SimulatedDerivation): Map<string, StorePath> {
    if (!isCached && random.chance(0.5)) return new Map();
    return new Map(outputs.map((name) => [name, `${path.slice(0, -4)}-${name}` as StorePath]));
  }

  function failed(goal: number, cause: AttemptCause): CoordinatorEvent {
    return { type: "attempt-failed", goal, cause, jitter: random.next() };
  }

  function answerTo(goal: number, { effect, path, mode, cancelled }: UnderWay): CoordinatorEvent | undefined {
    if (cancelled && random.chance(0.8)) return failed(goal, { type: "cancelled" });
    const failures = failuresOf.get(goal) ?? 0;
    if (failures < limits.attemptsMax - 1 && random.chance(0.2)) {
      failuresOf.set(goal, failures + 1);
      return failed(goal, operatingError(effect.type));
    }
    switch (effect.type) {
      case "inspect": {
        const drv = graph.get(path)!;
        const { outputs: outputNames, inputs: inputDrvs, sources: inputSrcs } = drv;
        return {
          type: "inspected",
          goal,
          inspection: {
            outputNames,
            validOutputs: outputsOf(path),
            substitutable: namedOutputs(drv),
            inputDrvs,
            inputSrcs,
          },
        };
      }
      case "substitute": {
        const fetched = [...effect.outputs].filter(() => graph.get(path)!.isCached && random.chance(0.8));
        for (const [name] of fetched) makeValid(path, name);
        return { type: "substituted", goal, outputs: new Map(fetched) };
      }
      case "ensure-source":
        return sources.get(path) === true
          ? { type: "source-valid", goal }
          : failed(goal, { type: "final", failure: { status: BuildStatus.NoSubstituters, message: `no ${path}` } });
      case "prepare":
        return { type: "prepared", goal };
      case "execute":
        if (graph.get(path)!.nature === "hangs" && !cancelled && hangsForGood) return undefined;
        if (graph.get(path)!.nature === "unlucky") return failed(goal, operatingError("execute"));
        return graph.get(path)!.nature === "builds"
          ? { type: "executed", goal }
          : failed(goal, { type: "final", failure: { status: BuildStatus.PermanentFailure, message: `no ${path}` } });
      case "register": {
        if (mode === "normal") {
          for (const name of graph.get(path)!.outputs) makeValid(path, name);
          registrations.set(path, (registrations.get(path) ?? 0) + 1);
          assert(registrations.get(path) === 1, `${path} was built twice`);
        }
        return { type: "registered", goal, outputs: outputsOf(path) };
      }
    }
  }

  function operatingError(phase: Effect["type"]): AttemptCause {
    const message = "simulated";
    const causes: AttemptCause[] = [{ type: "transient", message }];
    if (phase === "execute") causes.push({ type: "missing-inputs", message }, { type: "stream-lost" });
    if (phase === "register") causes.push({ type: "missing-results", message });
    return random.pick(causes);
  }

  function request(): void {
    const paths = [...graph.keys()];
    const requests = Array.from({ length: 1 + random.below(3) }, () => {
      const drvPath = random.pick(paths);
      const { outputs } = graph.get(drvPath)!;
      return { drvPath, outputs: random.chance(0.5) ? ("all" as const) : new Set([random.pick(outputs)]) };
    });
    const event = {
      type: "build-requested" as const,
      build: builds.size + 1,
      requests,
      keepGoing: random.chance(0.5),
      substitutes: random.chance(0.7),
      mode: random.chance(0.1) ? ("check" as const) : ("normal" as const),
      jobsMax: 1 + random.below(3),
    };
    builds.set(event.build, { request: event, cancelled: false, ended: undefined });
    feed(event);
  }

  function fireTimer(): void {
    const [first] = timers.toSorted((a, b) => a.dueMs - b.dueMs);
    if (first === undefined) return;
    timers.splice(timers.indexOf(first), 1);
    nowMs = Math.max(nowMs, first.dueMs);
    feed({ type: "timer", goal: first.goal, timer: first.timer });
  }

  function act(requestsMax: number): void {
    nowMs += random.below(50);
    const draw = random.next();
    const open = [...builds.values()].filter(({ ended }) => ended === undefined);
    if ((draw < 0.05 || builds.size === 0) && builds.size < requestsMax) request();
    else if (draw < 0.07 && open.length > 0) cancel(random.pick(open));
    else if ((draw < 0.2 || underWay.size === 0) && timers.length > 0) fireTimer();
    else if (underWay.size > 0) answer(random.pick([...underWay.keys()]));
  }

  function cancel(build: SimulatedBuild): void {
    build.cancelled = true;
    feed({ type: "build-cancelled", build: build.request.build });
  }

  return {
    run() {
      const requestsMax = 1 + random.below(6);
      for (let acts = 0; acts < 400; acts++) act(requestsMax);
      if (random.chance(0.5)) hangsForGood = false;
      else for (const build of builds.values()) if (build.ended === undefined) cancel(build);
      for (let acts = 0; underWay.size + timers.length > 0; acts++) {
        assert(acts < 20_000, "it does not come to an end");
        act(0);
      }
      for (const [id, { ended }] of builds) assert(ended !== undefined, `build ${id} never ended`);
      assert(state.goalsById.size === 0 && state.goalsByKey.size === 0, "goals are left over");
      assert(state.builds.size === 0 && state.running === 0 && state.active === 0, "builds or jobs are left over");
    },
  };
}

function makeGraph(random: Random): Map<StorePath, SimulatedDerivation> {
  const graph = new Map<StorePath, SimulatedDerivation>();
  const size = 2 + random.below(20);
  const troubled = random.chance(0.6);
  for (let index = 0; index < size; index++) {
    const earlier = [...graph.values()];
    const inputs = new Map<StorePath, readonly string[]>();
    for (let edge = random.below(4); edge > 0 && earlier.length > 0; edge--) {
      const input = random.pick(earlier);
      inputs.set(input.path, random.chance(0.5) ? input.outputs : [random.pick(input.outputs)]);
    }
    const path = `drv${index}.drv` as StorePath;
    graph.set(path, {
      path,
      outputs: ["out", "dev", "doc"].slice(0, 1 + random.below(3)),
      inputs: [...inputs].map(([drvPath, outputs]) => ({ drvPath, outputs })),
      sources: random.chance(0.3) ? [`source${random.below(5)}` as StorePath] : [],
      isCached: random.chance(0.2),
      nature: troubled && random.chance(0.15) ? random.pick(["fails", "hangs", "unlucky"]) : "builds",
    });
  }
  return graph;
}
