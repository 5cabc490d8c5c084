import { ExitCode } from "../../exit-code.js";

/** What signals ask of a server. */
export interface SignalHandlers {
  /** SIGHUP. */
  reload(): void;
}

/**
 * Waits for SIGTERM or SIGINT. From then on a second one ends the program at once; SIGHUP never ends it.
 *
 * @returns the signal's name.
 */
export function untilStopped(handlers: SignalHandlers): Promise<string> {
  process.on("SIGHUP", () => handlers.reload());
  return new Promise((resolve) => {
    let stopping = false;
    for (const name of ["SIGTERM", "SIGINT"] as const)
      process.on(name, () => {
        if (stopping) process.exit(ExitCode.Interrupted);
        stopping = true;
        resolve(name);
      });
  });
}
