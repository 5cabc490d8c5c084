import { backoffMs } from "./backoff.js";
import { BuildStatus } from "./build.js";
import type { AttemptCause } from "./event.js";
import { fail } from "./finish.js";
import { enqueue } from "./schedule.js";
import type { Goal, Limits, Phase } from "./state.js";
import { report, setState, type Turn } from "./turn.js";

/** Tries again what failed for reasons of operation, later each time, until the limit. */
export function retry(
  turn: Turn,
  goal: Goal,
  cause: Exclude<AttemptCause, { type: "final" }>,
  phase: Phase,
  jitter: number,
): void {
  goal.attempts++;
  const reason = reasonOf(cause);
  if (goal.attempts >= turn.limits.attemptsMax) {
    const what = goal.kind === "source" ? "obtain" : "build";
    const tries = goal.attempts === 1 ? "" : ` (tried ${goal.attempts} times)`;
    const message = `cannot ${what} '${turn.state.storeDir}/${goal.path}': ${reason}${tries}`;
    fail(turn, goal, { status: BuildStatus.MiscFailure, message });
    return;
  }
  if (cause.type === "missing-results") goal.skipCache = true;
  const resume = resumeAt(cause, phase);
  const afterMs = delayMs(turn.limits, goal.attempts, cause, jitter);
  report(turn, goal, { type: "retrying", attempt: goal.attempts + 1, afterMs, reason });
  if (afterMs === 0) {
    enqueue(turn, goal, resume);
    return;
  }
  const timer = turn.state.nextId++;
  setState(turn, goal, { type: "backing-off", resume, timer });
  turn.effects.push({ type: "schedule-timer", goal: goal.id, timer, afterMs });
}

function resumeAt(cause: AttemptCause, phase: Phase): Phase {
  switch (cause.type) {
    case "missing-inputs":
      return "prepare";
    case "missing-results":
    case "stream-lost":
      return "execute";
    case "transient":
      // It may be the place that is away, and only who prepares an action chooses another.
      return phase === "execute" ? "prepare" : phase;
    case "cancelled":
    case "final":
      return phase;
  }
}

/** What is merely missing or cut off is tried again at once, the first time: waiting would not bring it back. */
function delayMs(limits: Limits, attempts: number, cause: AttemptCause, jitter: number): number {
  if (attempts === 1 && cause.type !== "transient" && cause.type !== "cancelled") return 0;
  const drawn = Math.max(1, backoffMs(limits, attempts, jitter));
  return cause.type === "transient" ? Math.max(drawn, cause.retryAfterMs ?? 0) : drawn;
}

function reasonOf(cause: Exclude<AttemptCause, { type: "final" }>): string {
  switch (cause.type) {
    case "transient":
    case "missing-inputs":
    case "missing-results":
      return cause.message;
    case "stream-lost":
      return "the execution's stream ended before the execution";
    case "cancelled":
      return "the execution was cancelled by somebody else";
  }
}
