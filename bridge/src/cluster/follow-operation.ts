import type { ExecuteRequest, ExecuteResponse } from "../execution/index.js";
import { hotMethods, type ChannelCallOptions, type OperationUpdate } from "../grpc/index.js";
import { Code, StatusError, hasCode } from "../status/index.js";
import type { WaitingClock } from "../coordinator/waiting-clock.js";
import { headOf, wireDigest, type ClusterConnection } from "./connect-cluster.js";
import { defaultRetryLimits } from "./retry.js";
import { progressOf, responseOf, type OperationProgress } from "./operation.js";

/** A stream is opened anew after so long; whoever is in between takes connections for dead sooner. */
const STREAM_MS = 6 * 3_600_000;
/** A cluster may be away as long while an action runs there as at other times. */
const { unavailableMs: AWAY_MS, backoffBaseMs: BACKOFF_BASE_MS, backoffMaxMs: BACKOFF_MAX_MS } = defaultRetryLimits;
const CANCEL_MS = 5_000;
/** How often one execution is begun: a scheduler that forgets it time and again may well end by it. */
const BEGINNINGS_MAX = 8;

/** What {@link followOperation} works with. */
export interface FollowParts {
  readonly cluster: ClusterConnection;
  readonly clock: WaitingClock;
  readonly headers: NonNullable<ChannelCallOptions["headers"]>;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: OperationProgress) => Promise<void>;
}

/**
 * Executes an action and waits for its end, over as many streams as that takes: one that is cut is taken up with WaitExecution; an operation
 * that the cluster has forgotten is begun anew. If `signal` aborts, the cluster is asked to end it.
 *
 * @throws StatusError why the action was not run; Cancelled.
 */
export async function followOperation(parts: FollowParts, request: ExecuteRequest): Promise<ExecuteResponse> {
  const { cluster, clock, signal } = parts;
  let name = "";
  let isDone = false;
  let failures = 0;
  let beginnings = 1;
  /** When it was first seen to be away, since it was last heard: an action itself may be silent for hours. */
  let awaySinceMs: number | undefined;
  try {
    for (;;) {
      let reason: unknown;
      try {
        for await (const update of open(parts, request, name)) {
          failures = 0;
          awaySinceMs = undefined;
          if (update.name !== "") name = update.name;
          if (update.done) {
            isDone = true;
            return responseOf(update, cluster.fn);
          }
          await parts.onProgress(progressOf(update));
        }
        reason = new StatusError(Code.Unavailable, "the execution's stream ended before the execution");
      } catch (error) {
        if (isDone) throw error;
        reason = error;
      }
      signal.throwIfAborted();
      // A restarted scheduler knows nothing of it; whatever it began is begun again.
      if (name !== "" && hasCode(reason, Code.NotFound)) {
        name = "";
        if (beginnings++ === BEGINNINGS_MAX) throw forgotten(reason);
      } else if (!mayGoOn(reason, name !== "")) throw reason;
      awaySinceMs ??= clock.nowMs();
      if (clock.nowMs() - awaySinceMs > AWAY_MS) throw reason;
      await clock.sleep(delayMs(reason, failures++), signal);
    }
  } finally {
    if (!isDone && name !== "" && signal.aborted) await cancel(cluster, name);
  }
}

function open(
  { cluster, headers, signal }: FollowParts,
  { actionDigest, skipCacheLookup = false, priority = 0 }: ExecuteRequest,
  name: string,
): AsyncIterable<OperationUpdate> {
  const options = { headers, signal, deadlineMs: STREAM_MS };
  if (name !== "") return cluster.channel.serverStream(hotMethods.execution.waitExecution, { name }, options);
  const request = {
    ...headOf(cluster),
    actionDigest: wireDigest(actionDigest),
    skipCacheLookup,
    priority,
    inlineStdout: true,
    inlineStderr: true,
    inlineOutputFiles: [],
  };
  return cluster.channel.serverStream(hotMethods.execution.execute, request, options);
}

/**
 * Whether a stream that ended so may be opened again. Before there is an operation, only a cluster that is away is worth waiting for here:
 * what else can be tried again is for the coordinator.
 */
function mayGoOn(reason: unknown, isRunning: boolean): boolean {
  if (!(reason instanceof StatusError)) return false;
  if (reason.code === Code.Unavailable) return true;
  return (
    isRunning &&
    (reason.code === Code.Internal ||
      reason.code === Code.Unknown ||
      reason.code === Code.Cancelled ||
      reason.code === Code.DeadlineExceeded)
  );
}

/** Later each time, and not before the server says (RetryInfo). */
function delayMs(reason: unknown, failures: number): number {
  const details = reason instanceof StatusError ? reason.details : [];
  const said = details.find((detail) => detail.kind === "retry-after");
  return Math.max(Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** failures), said?.delayMs ?? 0);
}

function forgotten(cause: unknown): StatusError {
  const message = `it has forgotten the execution ${String(BEGINNINGS_MAX)} times`;
  return new StatusError(Code.Unavailable, message, { cause });
}

/** Some servers cannot cancel: there the action ends when nobody waits for it any more. */
async function cancel(cluster: ClusterConnection, name: string): Promise<void> {
  try {
    await cluster.channel.unary(hotMethods.operations.cancelOperation, { name }, { deadlineMs: CANCEL_MS });
  } catch {
    // It was a request; nothing depends on the answer.
  }
}
