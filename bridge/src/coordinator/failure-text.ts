import type { StorePath } from "../formats/store-path/store-path.js";
import type { WantedOutputs } from "./state.js";

/*
 * The sentences in which Nix says why a build failed, as Nix 2.8 prints them (observed; src/libstore/build/*.cc).
 */

/** What `strsignal` of glibc says, by number. */
const signalNames: readonly (string | undefined)[] = [
  undefined,
  "Hangup",
  "Interrupt",
  "Quit",
  "Illegal instruction",
  "Trace/breakpoint trap",
  "Aborted",
  "Bus error",
  "Floating point exception",
  "Killed",
  "User defined signal 1",
  "Segmentation fault",
  "User defined signal 2",
  "Broken pipe",
  "Alarm clock",
  "Terminated",
  "Stack fault",
  "Child exited",
  "Continued",
  "Stopped (signal)",
  "Stopped",
  "Stopped (tty input)",
  "Stopped (tty output)",
  "Urgent I/O condition",
  "CPU time limit exceeded",
  "File size limit exceeded",
  "Virtual timer expired",
  "Profiling timer expired",
  "Window changed",
  "I/O possible",
  "Power failure",
  "Bad system call",
];

/**
 * `failed with exit code 3`, `failed due to signal 9 (Killed)`. REAPI has one number for both. Our executor gives the signal beside it, and some
 * workers as a negative number; of others 128 + n is also what a shell exits with when its child was killed, and builders are shells far more
 * often than programs that crash themselves, so it reads as the exit code that it is.
 */
export function exitStatusText(exitCode: number, signal: number | undefined): string {
  const number = signal ?? -exitCode;
  if (number <= 0) return `failed with exit code ${exitCode}`;
  return `failed due to signal ${number} (${signalNames[number] ?? "Unknown signal"})`;
}

/** `builder for '<drv>' failed with exit code 3`. */
export function builderFailedText(
  storeDir: string,
  drvPath: StorePath,
  exitCode: number,
  signal: number | undefined,
): string {
  return `builder for '${storeDir}/${drvPath}' ${exitStatusText(exitCode, signal)}`;
}

/** Adds the end of the log to a message about the builder; nothing if there is none. */
export function withLogTail(storeDir: string, drvPath: StorePath, message: string, tail: readonly string[]): string {
  if (tail.length === 0) return message;
  const lines = tail.map((line) => `> ${line}\n`).join("");
  return `${message};\nlast ${tail.length} log lines:\n${lines}For full logs, run 'causeway log ${storeDir}/${drvPath}'.`;
}

/** `building of '<drv>!out' from .drv file`: what Nix calls the goal. */
function goalName(storeDir: string, drvPath: StorePath, wanted: WantedOutputs): string {
  const outputs = wanted === "all" ? "*" : [...wanted].sort().join(",");
  return `building of '${storeDir}/${drvPath}!${outputs}' from .drv file`;
}

/** The `timeout` passed. Without a number when the cluster's own limit did it. */
export function timedOutText(
  storeDir: string,
  drvPath: StorePath,
  wanted: WantedOutputs,
  timeoutMs: number | undefined,
): string {
  const after = timeoutMs === undefined ? "" : ` after ${secondsOf(timeoutMs)} seconds`;
  return `${goalName(storeDir, drvPath, wanted)} timed out${after}`;
}

/** The `max-silent-time` passed. */
export function silentText(storeDir: string, drvPath: StorePath, wanted: WantedOutputs, maxSilentMs: number): string {
  return `${goalName(storeDir, drvPath, wanted)} timed out after ${secondsOf(maxSilentMs)} seconds of silence`;
}

/** The `max-build-log-size` was passed. */
export function logLimitText(storeDir: string, drvPath: StorePath, wanted: WantedOutputs, maxLogBytes: number): string {
  return `${goalName(storeDir, drvPath, wanted)} killed after writing more than ${maxLogBytes} bytes of log output`;
}

function secondsOf(durationMs: number): number {
  return durationMs / 1000;
}

/** `2 dependencies of derivation '<drv>' failed to build`; Nix has no singular. */
export function dependencyFailedText(storeDir: string, drvPath: StorePath, failedInputs: number): string {
  return `${failedInputs} dependencies of derivation '${storeDir}/${drvPath}' failed to build`;
}

/** A request names outputs that the derivation does not have. */
export function unknownOutputsText(storeDir: string, drvPath: StorePath, names: readonly string[]): string {
  const quoted = names.map((name) => `'${name}'`).join(", ");
  return `derivation '${storeDir}/${drvPath}' does not have wanted outputs ${quoted}`;
}

/** `--check` of what was never built. */
export function notCheckableText(storeDir: string, drvPath: StorePath): string {
  return `some outputs of '${storeDir}/${drvPath}' are not valid, so checking is not possible`;
}

/** The last word over several requests that did not succeed: `build of '<drv1>', '<drv2>' failed`, sorted by path. */
export function buildFailedText(storeDir: string, drvPaths: Iterable<StorePath>): string {
  const quoted = [...new Set(drvPaths)].sort().map((path) => `'${storeDir}/${path}'`);
  return `build of ${quoted.join(", ")} failed`;
}
