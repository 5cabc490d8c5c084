import { StatusError } from "../status/index.js";

/** Throws what the signal was aborted with, as a status (Cancelled, DeadlineExceeded); returns if it was not. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw StatusError.from(signal.reason);
}
