import type { Build, Goal, Phase } from "./state.js";
import { report, setState, type Turn } from "./turn.js";

/** A goal wants a job. */
export function enqueue(turn: Turn, goal: Goal, resume: Phase): void {
  setState(turn, goal, { type: "queued", resume });
  for (const build of goal.builds) build.ready.push(goal);
  if (goal.startMs === undefined) report(turn, goal, { type: "queued" });
}

/** Gives free jobs away: in turns between builds, within a build to whoever the most is waiting for. */
export function startJobs(turn: Turn): void {
  const { state, limits } = turn;
  // Serving a build puts it to the end of the map, where this loop meets it again; it ends when nobody can be served any more.
  for (const build of state.builds.values()) {
    if (state.running >= limits.jobsMax) return;
    if (build.ended || build.running >= build.jobsMax) continue;
    const goal = takeReady(build);
    if (goal === undefined) continue;
    state.builds.delete(build.id);
    state.builds.set(build.id, build);
    startGoal(turn, goal, build);
  }
}

function takeReady(build: Build): Goal | undefined {
  for (;;) {
    const goal = build.ready.take();
    if (goal === undefined) return undefined;
    // It may have been started for another build, or been left.
    if (goal.state.type === "queued" && goal.builds.includes(build)) return goal;
  }
}

function startGoal(turn: Turn, goal: Goal, build: Build): void {
  if (goal.state.type !== "queued") throw new Error(`${goal.key} is started while it is ${goal.state.type}`);
  const { resume } = goal.state;
  // Told once: whoever counts starts must not count another try as another derivation.
  if (goal.startMs === undefined) report(turn, goal, { type: "started" });
  goal.startMs ??= turn.nowMs;
  enterPhase(turn, goal, resume, build.id);
}

/** Begins a phase of a goal that has a job. */
export function enterPhase(turn: Turn, goal: Goal, phase: Phase, chargedTo: number): void {
  setState(turn, goal, { type: "running", phase, chargedTo });
  switch (phase) {
    case "prepare":
      turn.effects.push({ type: "prepare", goal: goal.id, chargedTo });
      return;
    case "execute":
      turn.effects.push({ type: "execute", goal: goal.id, chargedTo, skipCache: goal.skipCache });
      return;
    case "register":
      turn.effects.push({ type: "register", goal: goal.id, chargedTo });
      return;
    case "inspect":
      throw new Error("looking at a derivation takes no job");
  }
}
