import { BuildStatus } from "./build.js";

/**
 * The exit code of nix-build: 0 if nothing failed; else bits for what happened anywhere in the graph: 100 a builder failed, + 1 a timeout,
 * + 2 a hash mismatch; 104 for outputs that differ on `--check` (108 with a failed builder); 1 for every other failure.
 *
 * @param statuses of all that failed, causes and dependents, and of what succeeded if it is at hand.
 *
 * Source: Nix, src/libstore/build/worker.cc, `Worker::exitStatus`; doc/manual/source/command-ref/status-build-failure.md.
 */
export function exitCodeOf(statuses: Iterable<BuildStatus>): number {
  let failed = false;
  let mask = 0;
  for (const status of statuses) {
    failed ||= !isSuccess(status);
    if (status === BuildStatus.PermanentFailure) mask |= 0x64;
    else if (status === BuildStatus.TimedOut) mask |= 0x65;
    else if (status === BuildStatus.HashMismatch) mask |= 0x66;
    else if (status === BuildStatus.NotDeterministic) mask |= 0x68;
  }
  if (mask !== 0) return mask;
  return failed ? 1 : 0;
}

/** Whether the outputs are there. */
export function isSuccess(status: BuildStatus): boolean {
  return (
    status === BuildStatus.Built ||
    status === BuildStatus.Substituted ||
    status === BuildStatus.AlreadyValid ||
    status === BuildStatus.ResolvesToAlreadyValid
  );
}
