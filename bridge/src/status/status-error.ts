import { Code } from "./code.js";

/** What travels with a status beside its message. Source: google/rpc/error_details.proto. */
export type StatusDetail = MissingBlobs | RetryAfter | BadRequest;

/** Blobs that a request needs and that are not there: a `PreconditionFailure` with one MISSING violation for each. */
export interface MissingBlobs {
  readonly kind: "missing-blobs";
  /** `blobs/[blake3/]<hash>/<size>`, without an instance name (REAPI, Execute: PreconditionFailure). */
  readonly subjects: readonly string[];
}

/** When to try again: a `RetryInfo`. */
export interface RetryAfter {
  readonly kind: "retry-after";
  readonly delayMs: number;
}

/** Fields of a request that are not as they must be: a `BadRequest`. */
export interface BadRequest {
  readonly kind: "bad-request";
  readonly violations: readonly { readonly field: string; readonly description: string }[];
}

/** What {@link StatusError} takes beside its message. */
export interface StatusErrorOptions extends ErrorOptions {
  readonly details?: readonly StatusDetail[];
}

/**
 * The one error of the house: a gRPC code, a message for people, and the cause.
 *
 * Context is put in front on the way up with {@link StatusError.wrap}; code, details and cause survive. A plain `Error` is a bug in
 * Causeway and is never caught by type.
 */
export class StatusError extends Error {
  override readonly name = "StatusError";
  readonly code: Code;
  readonly details: readonly StatusDetail[];

  constructor(code: Code, message: string, options: StatusErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? [];
  }

  /** Puts `context: ` before the message of `cause`. Keeps its code, unless `code` is given. */
  static wrap(cause: unknown, context: string, code?: Code): StatusError {
    const status = StatusError.from(cause);
    return new StatusError(code ?? status.code, `${context}: ${status.message}`, { cause, details: status.details });
  }

  /** Any thrown value as a status: an abort is Cancelled, an errno is translated narrowly, anything else is Internal. */
  static from(reason: unknown): StatusError {
    if (reason instanceof StatusError) return reason;
    if (reason instanceof Error) {
      if (reason.name === "AbortError") return new StatusError(Code.Cancelled, reason.message, { cause: reason });
      if (reason.name === "TimeoutError")
        return new StatusError(Code.DeadlineExceeded, reason.message, { cause: reason });
      const code = codeOfErrno((reason as NodeJS.ErrnoException).code);
      const advice = code === Code.ResourceExhausted ? FULL_DISK_ADVICE : "";
      return new StatusError(code, reason.message + advice, { cause: reason });
    }
    return new StatusError(Code.Internal, String(reason), { cause: reason });
  }
}

/** What helps when a disk or a quota is full. */
export const FULL_DISK_ADVICE = "; make room on this disk, e.g. with 'causeway store gc'";

/** Whether `reason` is a {@link StatusError} with that code. */
export function hasCode(reason: unknown, code: Code): boolean {
  return reason instanceof StatusError && reason.code === code;
}

/** Only what surely means the same is translated: an unknown failure must never read as "not found". */
function codeOfErrno(errno: string | undefined): Code {
  switch (errno) {
    case "ENOENT":
      return Code.NotFound;
    case "ENOSPC":
    case "EDQUOT":
      return Code.ResourceExhausted;
    case "EMFILE":
    case "ENFILE":
    case "EAGAIN":
      return Code.Unavailable;
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return Code.PermissionDenied;
    default:
      return Code.Internal;
  }
}
