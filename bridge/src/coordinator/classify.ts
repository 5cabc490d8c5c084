import type { StorePath } from "../formats/store-path/store-path.js";
import { Code, StatusError } from "../status/index.js";
import { BuildFailure, BuildStatus } from "./build.js";
import type { AttemptCause } from "./event.js";

/** In what an operation failed. */
export type ErrorPlace = "inspect" | "source" | "prepare" | "execute" | "register";

/**
 * What to do about an error: whose fault it is decides whether trying again can help.
 *
 * @param describe puts the message into a sentence about the derivation.
 */
export function causeOf(reason: unknown, place: ErrorPlace, describe: (message: string) => string): AttemptCause {
  if (reason instanceof BuildFailure)
    return { type: "final", failure: { status: reason.status, message: reason.message } };
  // Anything but a status or what the system says is a fault of ours, and the same next time.
  const known = reason instanceof StatusError || isAbort(reason) || isErrno(reason);
  const status = known ? StatusError.from(reason) : undefined;
  const message = status?.message ?? String(reason);
  if (status !== undefined) {
    const isMissing = status.details.some(({ kind }) => kind === "missing-blobs");
    if (isMissing && status.code === Code.FailedPrecondition && place !== "prepare")
      return { type: place === "register" ? "missing-results" : "missing-inputs", message };
    // What the registrar looks for in the store was named by the result: it is gone, or never came.
    if (place === "register" && status.code === Code.NotFound) return { type: "missing-results", message };
    if (isTransient(status.code) && !isFullDisk(status)) {
      const retry = status.details.find((detail) => detail.kind === "retry-after");
      return { type: "transient", message, ...(retry === undefined ? {} : { retryAfterMs: retry.delayMs }) };
    }
    if (status.code === Code.Cancelled) return { type: "cancelled" };
  }
  return { type: "final", failure: { status: finalStatus(status?.code, place), message: describe(message) } };
}

function isAbort(reason: unknown): boolean {
  return reason instanceof Error && reason.name === "AbortError";
}

/** A disk of this machine is as full in a second, other than a cluster's queue. */
function isFullDisk(status: StatusError): boolean {
  return status.code === Code.ResourceExhausted && isErrno(rootOf(status));
}

function isErrno(reason: unknown): boolean {
  return reason instanceof Error && "errno" in reason && "syscall" in reason;
}

function rootOf(reason: unknown): unknown {
  let root = reason;
  while (root instanceof StatusError && root.cause !== undefined) root = root.cause;
  return root;
}

/**
 * Codes that say nothing about the derivation. Internal and Unknown come from proxies and from schedulers that lose a worker;
 * ResourceExhausted is a full queue; DeadlineExceeded, thrown, is that of a call, not of the build.
 */
function isTransient(code: Code): boolean {
  return (
    code === Code.Unavailable ||
    code === Code.Aborted ||
    code === Code.Internal ||
    code === Code.Unknown ||
    code === Code.ResourceExhausted ||
    code === Code.DeadlineExceeded
  );
}

function finalStatus(code: Code | undefined, place: ErrorPlace): BuildStatus {
  if (place === "source" && code === Code.NotFound) return BuildStatus.NoSubstituters;
  if (place === "inspect" && code === Code.InvalidArgument) return BuildStatus.InputRejected;
  return BuildStatus.MiscFailure;
}

/** `cannot build '<drv>': <message>`. */
export function cannotBuild(storeDir: string, path: StorePath): (message: string) => string {
  return (message) => `cannot build '${storeDir}/${path}': ${message}`;
}
