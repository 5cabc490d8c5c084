import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openSession, type Session } from "../cli/session.ts";
import { CAUSEWAY } from "../nix/create-causeway-builder.ts";
import { runNix } from "../nix/run-nix.ts";
import type { Ended } from "../nix/run-program.ts";
import { nixEnvironment, SHARED_SETTINGS } from "../nix/settings.ts";

/** A session whose state is used through the worker protocol. */
export interface WorkerSession extends Session {
  /** Causeway as a store, and as a builder. */
  readonly url: string;
  /** The same with the daemon of real Nix on its own store: what is right. */
  readonly stockUrl: string;
  /** Environment of clients: they evaluate into the session's store. */
  readonly clientEnv: NodeJS.ProcessEnv;
  /** Runs a program of Nix as a client. */
  client(program: string, ...words: readonly string[]): Promise<Ended>;
  /** Stops the daemon that clients have started, if there is one. */
  stopDaemon(): Promise<void>;
}

/**
 * Opens one; disposing it ends the daemon and removes everything.
 *
 * @param words further ones of `causeway stdio`, without spaces: Nix splits the program at them.
 */
export async function openWorkerSession(...words: readonly string[]): Promise<WorkerSession> {
  const session = await openSession();
  const { home, state, nixRoot } = session;
  const clientEnv = {
    ...nixEnvironment(home, { ...SHARED_SETTINGS, "build-users-group": "" }),
    CAUSEWAY_STATE: state,
  };
  const program = [CAUSEWAY, "stdio", "--state", state, ...words].join(" ");
  // The daemon of Nix reads the settings of its own environment: the client's.
  const stopDaemon = async (): Promise<void> => {
    const pid = await holderOf(state);
    if (pid === undefined) return;
    process.kill(pid, "SIGTERM");
    while ((await holderOf(state)) === pid) await sleep(20);
  };
  return {
    ...session,
    url: `ssh-ng://localhost?remote-program=${encodeURIComponent(program)}`,
    stockUrl: `ssh-ng://localhost?remote-program=nix-daemon&remote-store=${nixRoot}`,
    clientEnv,
    client: (...argv) => runNix(argv, { env: clientEnv, cwd: home }),
    stopDaemon,
    async [Symbol.asyncDispose]() {
      await stopDaemon();
      await session[Symbol.asyncDispose]();
    },
  };
}

async function holderOf(state: string): Promise<number | undefined> {
  try {
    return (JSON.parse(await readFile(join(state, "lock"), "utf8")) as { readonly pid: number }).pid;
  } catch {
    return undefined;
  }
}
