import type { Digest } from "../digest/index.js";
import type { ActionResult } from "../formats/reapi/messages.js";
import type { StatusError } from "../status/index.js";

/** What of a result to send along with it, where there is room. Source: REAPI, `ExecuteRequest`. */
export interface InlineHints {
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** By their paths, as the Command has them. */
  readonly outputFiles: readonly string[];
}

/** Asks for one Action, which is in the CAS with everything it names. Source: REAPI, `ExecuteRequest`. */
export interface ExecuteRequest {
  /** Its function is that of the whole execution, results included. */
  readonly actionDigest: Digest;
  /** Whose results may answer and are kept; equal actions of two instances are not merged. Empty unless said. */
  readonly instanceName?: string;
  readonly skipCacheLookup?: boolean;
  /** Lower runs sooner; 0 is the default. */
  readonly priority?: number;
  /** What is built and for which system, for whoever watches the service. Source: REAPI, `RequestMetadata`. */
  readonly purpose?: { readonly target: string; readonly configuration: string };
  /** For services that send results over a wire. */
  readonly inline?: InlineHints;
  /**
   * If the command fails, keep its working directory under a name that begins so, and say where in {@link ExecuteResponse.message}. A hint:
   * only an executor of this machine can follow it. Not of REAPI.
   */
  readonly keepFailedAs?: string;
}

/** What happens to an execution, in order; `done` comes once and last. */
export type ExecutionEvent =
  | {
      readonly type: "stage";
      readonly stage: "cache-check" | "queued" | "executing";
      /** False where no output comes while the command runs, so that its silence says nothing. */
      readonly isLive?: boolean;
    }
  /** Live output. Best effort: pieces may be missing when the execution was joined late; the result names the whole. */
  | { readonly type: "output"; readonly stream: "stdout" | "stderr"; readonly bytes: Uint8Array }
  | { readonly type: "done"; readonly response: ExecuteResponse };

/** How an execution ended. Source: REAPI, `ExecuteResponse`. */
export interface ExecuteResponse {
  /** Absent only when `status` says that the action did not finish and left nothing; a timeout keeps what was written to stdout. */
  readonly result?: ActionResult;
  readonly cachedResult: boolean;
  /** Absent: the command ran to its end, whatever its exit code. DeadlineExceeded: its timeout fired. */
  readonly status?: StatusError;
  /** The number of the signal that killed the command itself, where that is known; the result's exit code is 128 more then. Not of REAPI. */
  readonly signal?: number;
  /** A limit that whoever ran the command watched over, and ended it for. Not of REAPI. */
  readonly tripped?: "silence" | "log-size";
  /** For people. */
  readonly message?: string;
}

/**
 * The REAPI Execution service, here or far away: the coordinator does not know which.
 */
export interface Execution {
  /**
   * Runs an Action, or joins an equal one in flight, or answers from the action cache.
   *
   * Aborting `signal` (or leaving the iteration) drops this caller; the action itself is killed when nobody waits for it, and the
   * iteration ends only when nothing of it is left.
   *
   * @throws StatusError while the execution cannot be created: InvalidArgument, FailedPrecondition (missing blobs in `details`),
   *   ResourceExhausted (queue full), Unavailable; Cancelled when `signal` aborts.
   */
  execute(request: ExecuteRequest, options?: { readonly signal?: AbortSignal }): AsyncIterable<ExecutionEvent>;
}
