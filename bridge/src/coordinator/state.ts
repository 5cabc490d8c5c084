import type { StorePath } from "../formats/store-path/store-path.js";
import type { BuildStatus } from "./build.js";
import type { Inspection } from "./event.js";
import type { ReadyQueue } from "./ready-queue.js";

/*
 * What the step function knows. The state is mutable and belongs to `step` alone: graphs reach a hundred thousand derivations, and a
 * persistent copy of the maps after each event would cost more than the builds' bookkeeping itself. It stays deterministic: no clock, no
 * randomness and no I/O reach it except through events, so the same events give the same state and effects again.
 */

/** Names a goal, never used twice: an answer for a goal that was dropped meanwhile finds nobody. */
export type GoalId = number;
/** Names one call of `build`. */
export type BuildId = number;

/** `check` builds what is valid already, and compares. Only what was asked for is checked, not its inputs. */
export type BuildMode = "normal" | "check";

/** Which outputs are asked for. */
export type WantedOutputs = "all" | ReadonlySet<string>;

/** Why something ended without success, and what people read. */
export interface GoalFailure {
  readonly status: BuildStatus;
  readonly message: string;
}

/** What of an attempt is to be done next. */
export type Phase = "inspect" | "prepare" | "execute" | "register";

/** Where a goal stands. */
export type GoalState =
  /** The derivation is being read and its outputs looked for; for a source: it is being made valid. */
  | { readonly type: "inspecting" }
  /** Its outputs are looked for elsewhere; `tried` are the names of those. */
  | { readonly type: "substituting"; readonly inspection: Inspection; readonly tried: ReadonlySet<string> }
  /** For its inputs. */
  | { readonly type: "waiting" }
  /** For a free job. */
  | { readonly type: "queued"; readonly resume: Phase }
  | { readonly type: "running"; readonly phase: Phase; readonly chargedTo: BuildId }
  /** Before another try. */
  | { readonly type: "backing-off"; readonly resume: Phase; readonly timer: number }
  /** Nobody waited for it, and its end is not confirmed yet: whoever comes now waits for that end, then it starts anew. */
  | { readonly type: "cancelling"; readonly chargedTo: BuildId }
  | { readonly type: "done"; readonly status: BuildStatus }
  | { readonly type: "failed"; readonly failure: GoalFailure };

/** One derivation to be built, or one source to be made valid. */
export interface Goal {
  readonly id: GoalId;
  readonly key: string;
  readonly kind: "derivation" | "source";
  readonly path: StorePath;
  readonly mode: BuildMode;
  state: GoalState;
  wanted: "all" | Set<string>;
  /** Of the derivation, once it was read. */
  outputNames: readonly string[] | undefined;
  readonly inputs: Set<Goal>;
  /** Those that wait for its end; empty once it is done. */
  readonly dependents: Set<Goal>;
  /** The derivations of the longest chain known to wait for it. */
  remaining: number;
  /** How many inputs have not ended. */
  pendingInputs: number;
  failedInputs: number;
  /** Who waits for it, in the order of their coming. */
  builds: Build[];
  /** The outputs it had when it was last done; kept when it is opened again for more of them. */
  outputs: ReadonlyMap<string, StorePath>;
  /** Not valid when it was looked at. */
  needed: boolean;
  /** Tries that failed for reasons of operation, for the limit. */
  attempts: number;
  /** The action cache must not answer: its answer named blobs that are gone. */
  skipCache: boolean;
  timesBuilt: number;
  startMs: number | undefined;
  stopMs: number | undefined;
}

/** How a request ended. */
export interface RequestResult {
  readonly drvPath: StorePath;
  readonly status: BuildStatus;
  readonly outputs: ReadonlyMap<string, StorePath>;
  /** Absent on success. */
  readonly errorText?: string;
  readonly timesBuilt: number;
  /** Milliseconds since the epoch; absent if nothing was run. */
  readonly startMs?: number;
  readonly stopMs?: number;
}

/** A derivation or source that failed while a build waited for it. */
export interface FailedPath extends GoalFailure {
  readonly path: StorePath;
}

/** How many derivations of a build stand where. `expected` counts those found to need building, whatever became of them. */
export interface BuildCounts {
  expected: number;
  running: number;
  done: number;
  failed: number;
}

/** One call of `build`. */
export interface Build {
  readonly id: BuildId;
  readonly keepGoing: boolean;
  readonly substitutes: boolean;
  readonly jobsMax: number;
  readonly requests: readonly { readonly goal: Goal; readonly wanted: WantedOutputs }[];
  readonly results: (RequestResult | undefined)[];
  pendingRequests: number;
  /** Which requests a goal answers. */
  readonly roots: Map<Goal, number[]>;
  readonly goals: Set<Goal>;
  readonly ready: ReadyQueue;
  /** Jobs charged to it. */
  running: number;
  readonly failures: FailedPath[];
  /** It has let go of its goals, and waits for the end of these executions. */
  readonly draining: Set<Goal>;
  ended: boolean;
  readonly counts: BuildCounts;
}

/** Everything. Made by {@link createState}, changed by `step` only. */
export interface State {
  readonly storeDir: string;
  nextId: number;
  /** By key, so that what is asked twice is built once. */
  readonly goalsByKey: Map<string, Goal>;
  readonly goalsById: Map<GoalId, Goal>;
  readonly builds: Map<BuildId, Build>;
  /** Goals that will go on by themselves: something is under way for them, or they wait for a job or a timer. */
  active: number;
  /** Jobs taken, those being cancelled included. */
  running: number;
}

/** What bounds the coordinator. */
export interface Limits {
  /** Actions prepared, executed or registered at once, over all builds. */
  readonly jobsMax: number;
  /** How often one derivation is tried before an operating error is final. */
  readonly attemptsMax: number;
  /** The wait before the second try; it doubles each time. */
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
}

/** Five tries over a quarter of a minute outlast a restarting scheduler; longer outages are for people to see. */
export const defaultLimits: Limits = { jobsMax: 64, attemptsMax: 5, backoffBaseMs: 1_000, backoffMaxMs: 60_000 };

/** A coordinator that was asked nothing yet. */
export function createState(storeDir: string): State {
  return {
    storeDir,
    nextId: 1,
    goalsByKey: new Map(),
    goalsById: new Map(),
    builds: new Map(),
    active: 0,
    running: 0,
  };
}

/** Whether a goal in this state goes on without another goal's end. */
export function isActive(state: GoalState): boolean {
  return state.type !== "waiting" && state.type !== "done" && state.type !== "failed";
}

/** Whether a goal in this state takes a job. */
export function takesJob(state: GoalState): state is GoalState & { readonly chargedTo: BuildId } {
  return state.type === "running" || state.type === "cancelling";
}
