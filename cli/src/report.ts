import { Code, StatusError, codeName } from "@causeway/bridge/status";
import { ExitCode } from "./exit-code.js";

/**
 * Tells a person what went wrong, on standard error.
 *
 * @returns the exit code that goes with it.
 */
export function report(reason: unknown): number {
  if (isCommanderExit(reason)) return reason.exitCode === 0 ? ExitCode.Ok : ExitCode.Error;
  if (reason instanceof StatusError) {
    if (reason.code === Code.Cancelled) {
      process.stderr.write("error: interrupted by the user\n");
      return ExitCode.Interrupted;
    }
    process.stderr.write(`error: ${reason.message}\n`);
    if (process.env["CAUSEWAY_DEBUG"] !== undefined)
      process.stderr.write(`[${codeName(reason.code)}] ${traceOf(reason)}\n`);
    return ExitCode.Error;
  }
  // Anything else is a fault of ours: the trace is what a report of it needs.
  process.stderr.write(`error: ${traceOf(reason)}\nThis is a bug in Causeway.\n`);
  return ExitCode.Error;
}

function traceOf(reason: unknown): string {
  if (!(reason instanceof Error)) return String(reason);
  const cause = reason.cause === undefined ? "" : `\ncaused by: ${traceOf(reason.cause)}`;
  return (reason.stack ?? reason.message) + cause;
}

/** Commander has printed its message itself. */
function isCommanderExit(reason: unknown): reason is { readonly exitCode: number } {
  return (
    reason instanceof Error && "exitCode" in reason && "code" in reason && String(reason.code).startsWith("commander.")
  );
}
