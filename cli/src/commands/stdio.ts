import type { Socket } from "node:net";
import { pipeline } from "node:stream/promises";
import { Code, StatusError } from "@causeway/bridge/status";
import { daemonSocketOf } from "../compose/daemon/socket-address.js";
import { tryConnect } from "../compose/daemon/try-connect.js";
import { stateDirectory } from "../compose/state-directory.js";

/** What its command line says. */
export interface StdioOptions {
  readonly state?: string;
  readonly socket?: string;
}

/**
 * `causeway stdio`: the worker protocol on standard input and output, for `ssh-ng`.
 *
 * It hands bytes on to the daemon of the state, and starts one that nobody runs: a state has one writer, and Nix starts this program once for each
 * derivation of a remote builder and kills it when it has what it wants. The daemon that was started so ends when nobody has come for a while.
 */
export async function stdio(options: StdioOptions, daemonArguments: readonly string[]): Promise<void> {
  const state = stateDirectory(options.state, process.env);
  const path = options.socket ?? daemonSocketOf(state);
  let socket = await tryConnect(path);
  if (socket === undefined) {
    if (options.socket !== undefined)
      throw new StatusError(Code.Unavailable, `nobody serves the socket ${path}; start 'causeway daemon' there`);
    const { startDaemon } = await import("../compose/daemon/start-daemon.js");
    socket = await startDaemon({ state, daemonArguments, connect: () => tryConnect(path) });
  }
  await forward(socket);
}

/** Both directions, until the daemon has said everything. */
async function forward(socket: Socket): Promise<void> {
  const sent = pipeline(process.stdin, socket).catch(() => undefined); // The daemon may have enough before we have.
  await pipeline(socket, process.stdout, { end: false }).catch(() => undefined); // Whoever started us is gone.
  process.stdin.destroy();
  await sent;
}
