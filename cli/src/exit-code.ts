/** How the program ends. Source: Nix, doc/manual/source/command-ref/status-build-failure.md, and 128 + SIGINT. */
export const ExitCode = {
  Ok: 0,
  /** Anything that is not a failed build: bad arguments, unreadable files, a locked state. */
  Error: 1,
  BuildFailed: 100,
  TimedOut: 101,
  Interrupted: 130,
} as const;
