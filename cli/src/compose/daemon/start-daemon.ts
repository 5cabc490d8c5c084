import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Code, StatusError } from "@causeway/bridge/status";

/** What to start, and how to reach it. */
export interface StartOptions {
  /** The state directory. */
  readonly state: string;
  /** Further arguments of `causeway daemon`. */
  readonly daemonArguments: readonly string[];
  /** `undefined`: nobody is there yet. */
  readonly connect: () => Promise<Socket | undefined>;
}

/** Opening a large state on a busy machine takes a second or two. */
const START_MS_MAX = 30_000;
/** One that somebody else starts at the same time has no other way to tell us. */
const RETRY_MS = 5;

/**
 * Starts a daemon that outlives us, unless somebody else is just doing so.
 *
 * @throws StatusError FailedPrecondition with what it said if it could not start; DeadlineExceeded.
 */
export async function startDaemon({ state, daemonArguments, connect }: StartOptions): Promise<Socket> {
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const deadlineMs = performance.now() + START_MS_MAX;
  // Not our standard error: whoever waits for its end would wait for the daemon.
  const log = openSync(join(state, "daemon.log"), "w", 0o600);
  const child = spawn(process.execPath, [process.argv[1]!, "daemon", ...daemonArguments], {
    detached: true,
    stdio: ["ignore", "ignore", log],
  });
  closeSync(log);
  let ended: string | undefined;
  child.once("error", (error) => (ended = error.message));
  child.once("exit", (code, signal) => (ended = `it ended with ${String(code ?? signal)}`));
  child.unref();
  while (performance.now() < deadlineMs) {
    const socket = await connect();
    if (socket !== undefined) return socket;
    // The one that has the state may be about to serve; if it is no daemon, it never will.
    if (ended !== undefined && performance.now() > deadlineMs - START_MS_MAX + OTHER_MS_MAX)
      throw new StatusError(
        Code.FailedPrecondition,
        `a daemon for ${state} could not be started (${ended}); its words are in ${join(state, "daemon.log")}`,
      );
    await sleep(RETRY_MS);
  }
  throw new StatusError(Code.DeadlineExceeded, `no daemon for ${state} has come up in ${START_MS_MAX / 1000} s`);
}

/** How long one that somebody else has started may take. */
const OTHER_MS_MAX = 5_000;
