import type { StorePath } from "../formats/store-path/store-path.js";
import type { BuildStatus } from "./build.js";
import type {
  BuildCounts,
  BuildId,
  BuildMode,
  FailedPath,
  GoalFailure,
  GoalId,
  RequestResult,
  WantedOutputs,
} from "./state.js";

/** What the step function needs to know of a derivation. */
export interface Inspection {
  readonly outputNames: readonly string[];
  /** Those that are valid now. Empty for impure derivations, which are always built anew. */
  readonly validOutputs: ReadonlyMap<string, StorePath>;
  /** Those that are not valid, but may be fetched: their paths are known, and the derivation does not forbid it. */
  readonly substitutable: ReadonlyMap<string, StorePath>;
  readonly inputDrvs: readonly { readonly drvPath: StorePath; readonly outputs: readonly string[] }[];
  readonly inputSrcs: readonly StorePath[];
}

/** Why an attempt did not get through its phase. */
export type AttemptCause =
  /** Trying again would give the same. */
  | { readonly type: "final"; readonly failure: GoalFailure }
  /** The cluster, the network or the store could not; the message says which. */
  | { readonly type: "transient"; readonly message: string; readonly retryAfterMs?: number }
  /** Blobs of the Action are gone from where it runs: they must be sent again. */
  | { readonly type: "missing-inputs"; readonly message: string }
  /** Blobs of the result are gone: the Action must run again, and not be answered from the cache. */
  | { readonly type: "missing-results"; readonly message: string }
  /** The stream ended before the execution did: ask for it again, which joins it if it still runs. */
  | { readonly type: "stream-lost" }
  /** We asked for it. */
  | { readonly type: "cancelled" };

/** One derivation somebody wants. */
export interface GoalRequest {
  readonly drvPath: StorePath;
  readonly outputs: WantedOutputs;
}

/** What the outside tells the coordinator. Each effect that starts something for a goal is answered by exactly one event of that goal. */
export type CoordinatorEvent =
  | {
      readonly type: "build-requested";
      readonly build: BuildId;
      readonly requests: readonly GoalRequest[];
      readonly keepGoing: boolean;
      readonly mode: BuildMode;
      /** Whether outputs may be fetched. */
      readonly substitutes: boolean;
      readonly jobsMax: number;
    }
  /** Its caller went away. */
  | { readonly type: "build-cancelled"; readonly build: BuildId }
  | { readonly type: "inspected"; readonly goal: GoalId; readonly inspection: Inspection }
  /** What of the outputs that were to be fetched is valid now. */
  | { readonly type: "substituted"; readonly goal: GoalId; readonly outputs: ReadonlyMap<string, StorePath> }
  | { readonly type: "source-valid"; readonly goal: GoalId }
  | { readonly type: "prepared"; readonly goal: GoalId }
  /** Once its inputs were known, its outputs were too, and all are valid. */
  | { readonly type: "resolved"; readonly goal: GoalId; readonly outputs: ReadonlyMap<string, StorePath> }
  | { readonly type: "executed"; readonly goal: GoalId }
  | { readonly type: "registered"; readonly goal: GoalId; readonly outputs: ReadonlyMap<string, StorePath> }
  /** @see AttemptCause. `jitter` is drawn by the driver, at least 0 and below 1. */
  | { readonly type: "attempt-failed"; readonly goal: GoalId; readonly cause: AttemptCause; readonly jitter: number }
  | { readonly type: "timer"; readonly goal: GoalId; readonly timer: number };

/** What a goal did, for whoever shows it. */
export type GoalNews =
  | { readonly type: "discovered" }
  | { readonly type: "queued" }
  | { readonly type: "started" }
  | { readonly type: "retrying"; readonly attempt: number; readonly afterMs: number; readonly reason: string }
  | { readonly type: "finished"; readonly status: BuildStatus; readonly errorText?: string };

/** What the coordinator asks of the outside. */
export type Effect =
  /** Read the derivation and look for its outputs. */
  | { readonly type: "inspect"; readonly goal: GoalId; readonly drvPath: StorePath }
  /** Fetch these outputs, if somebody has them. */
  | {
      readonly type: "substitute";
      readonly goal: GoalId;
      readonly drvPath: StorePath;
      readonly outputs: ReadonlyMap<string, StorePath>;
    }
  | { readonly type: "ensure-source"; readonly goal: GoalId; readonly path: StorePath }
  | { readonly type: "prepare"; readonly goal: GoalId; readonly chargedTo: BuildId }
  | { readonly type: "execute"; readonly goal: GoalId; readonly skipCache: boolean; readonly chargedTo: BuildId }
  | { readonly type: "register"; readonly goal: GoalId; readonly chargedTo: BuildId }
  /** Stop what runs for the goal; its event still comes. */
  | { readonly type: "cancel"; readonly goal: GoalId }
  /** What the driver kept for the goal is not needed any more. */
  | { readonly type: "forget"; readonly goal: GoalId }
  | { readonly type: "schedule-timer"; readonly goal: GoalId; readonly timer: number; readonly afterMs: number }
  | {
      readonly type: "report";
      readonly builds: readonly BuildId[];
      readonly drvPath: StorePath;
      readonly news: GoalNews;
    }
  | {
      readonly type: "build-ended";
      readonly build: BuildId;
      readonly results: readonly RequestResult[];
      readonly failures: readonly FailedPath[];
      readonly counts: BuildCounts;
    };
