import { resolve } from "node:path";
import { openNixDaemon } from "../compose/daemon/open-nix-daemon.js";
import { serveSocket, type SocketOptions } from "../compose/daemon/serve-socket.js";
import { daemonSocketOf } from "../compose/daemon/socket-address.js";
import { openBuildPlace, type RemoteOptions } from "../compose/remote.js";
import { loadSettings, type SettingOptions } from "../compose/settings.js";
import { openState, type StateOptions } from "../compose/state.js";
import { interruptible } from "../interrupt.js";
import { writeOut } from "../output.js";
import { report } from "../report.js";

/** What its command line says. */
export interface DaemonOptions extends StateOptions, SettingOptions, RemoteOptions {
  readonly socket?: string;
  readonly publicSocket?: string;
  /** The root of a store directory of real files. */
  readonly materialize?: string;
  /** Seconds. */
  readonly idle?: string;
}

/** `causeway daemon`: serves Nix on a unix socket, until a signal, or until nobody has come for a while. */
export async function daemon(options: DaemonOptions): Promise<void> {
  const settings = loadSettings(options, process.env);
  await interruptible(async (signal) => {
    await using state = await openState(options, "write");
    const place = await openBuildPlace(state, settings, options, signal);
    const filesDirectory = options.materialize === undefined ? undefined : resolve(options.materialize);
    await using nix = await openNixDaemon(state, settings, { place, filesDirectory });
    const idle = createIdleWatch(options.idle === undefined ? undefined : Number(options.idle) * 1000);
    const onError = (reason: unknown): void => void report(reason);
    const socketAt = (path: string, forWhom: SocketOptions["forWhom"]): SocketOptions => ({
      path,
      forWhom,
      onError,
      onClients: (count) => idle.clients(path, count),
    });
    // The one in the state is there in any case: `causeway stdio` joins it.
    const sockets = [socketAt(daemonSocketOf(state.directory), "owner")];
    if (options.socket !== undefined) sockets.push(socketAt(options.socket, "owner"));
    if (options.publicSocket !== undefined) sockets.push(socketAt(options.publicSocket, "everybody"));
    await using served = new AsyncDisposableStack();
    for (const socket of sockets) served.use(await serveSocket(async () => nix.daemon, socket));
    await writeOut("ready\n");
    await Promise.race([idle.over, aborted(signal)]);
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

interface IdleWatch {
  clients(socket: string, count: number): void;
  /** Resolves when there was no client for the whole time. */
  readonly over: Promise<void>;
}

function createIdleWatch(afterMs: number | undefined): IdleWatch {
  const counts = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  let end: () => void = () => undefined;
  const over = new Promise<void>((resolve) => (end = resolve));
  const wait = (): void => {
    if (afterMs !== undefined) timer = setTimeout(() => end(), afterMs);
  };
  wait();
  return {
    over,
    clients(socket, count) {
      counts.set(socket, count);
      clearTimeout(timer);
      if ([...counts.values()].every((each) => each === 0)) wait();
    },
  };
}
