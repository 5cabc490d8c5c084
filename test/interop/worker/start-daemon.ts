import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CAUSEWAY } from "../nix/create-causeway-builder.ts";
import type { WorkerSession } from "./worker-session.ts";

/** A daemon that serves a socket. Disposing ends it. */
export interface RunningDaemon extends AsyncDisposable {
  /** As a store. */
  readonly url: string;
  readonly pid: number;
}

/** `causeway daemon` on the session's state. */
export async function startDaemon(session: WorkerSession, ...words: readonly string[]): Promise<RunningDaemon> {
  const socket = join(session.home, "causeway.sock");
  const argv = [CAUSEWAY, "daemon", "--state", session.state, "--socket", socket, ...words];
  return started(
    spawn(argv[0]!, argv.slice(1), { env: session.clientEnv, stdio: ["ignore", "pipe", "inherit"] }),
    socket,
  );
}

/** `nix-daemon` of real Nix on the session's own store. */
export async function startNixDaemon(session: WorkerSession): Promise<RunningDaemon> {
  const socket = join(session.home, "stock.sock");
  const env = { ...session.clientEnv, NIX_DAEMON_SOCKET_PATH: socket, NIX_REMOTE: session.nixRoot };
  // It leaves the one of before.
  rmSync(socket, { force: true });
  return started(spawn("nix-daemon", [], { env, stdio: ["ignore", "ignore", "ignore"] }), socket);
}

async function started(child: ChildProcess, socket: string): Promise<RunningDaemon> {
  const ended = once(child, "exit");
  while (!existsSync(socket)) {
    if (child.exitCode !== null) throw new Error(`the daemon ended with ${child.exitCode}`);
    await sleep(20);
  }
  return {
    url: `unix://${socket}`,
    pid: child.pid!,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
