import { runProgram, type Ended, type RunOptions } from "./run-program.ts";

/** Enough that a busy machine does not meet the race each time. */
const ATTEMPTS_MAX = 3;

/**
 * Runs a program of Nix that builds. Nix kills a builder when the last writer of its log is gone, and that may be a moment before the
 * builder has ended by itself: it then fails with signal 9. A builder that really dies so does it again.
 */
export async function runNix(argv: readonly string[], options: RunOptions = {}): Promise<Ended> {
  for (let attempt = 1; ; attempt++) {
    const ended = await runProgram(argv, options);
    if (attempt === ATTEMPTS_MAX || ended.exit === 0 || !ended.stderr.includes("failed due to signal 9")) return ended;
  }
}
