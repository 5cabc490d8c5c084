import type { ServeConfig } from "@causeway/bridge/config/serve";
import { localProfile } from "@causeway/bridge/coordinator";
import type { Execution } from "@causeway/bridge/execution";
import type { Daemon } from "@causeway/bridge/nix/worker";
import { Code, StatusError } from "@causeway/bridge/status";
import type { BuildPlace } from "../coordinator.js";
import { daemonSocketOf } from "../daemon/socket-address.js";
import { openNixDaemon, type NixDaemon } from "../daemon/open-nix-daemon.js";
import { serveSocket, type SocketOptions } from "../daemon/serve-socket.js";
import { loadSettings } from "../settings.js";
import type { OpenState } from "../state.js";
import type { ServedExecution } from "./open-execution.js";
import { openClusters } from "./open-clusters.js";
import type { Log } from "./open-log.js";

/** Nix's own protocol, served. Disposing ends all its connections. */
export interface ServedNix extends AsyncDisposable {
  /** The sockets. */
  readonly paths: readonly string[];
}

/** What a server gives to clients of Nix. */
export interface NixSides {
  readonly config: ServeConfig;
  readonly state: OpenState;
  readonly execution: ServedExecution | undefined;
  readonly environment: NodeJS.ProcessEnv;
  readonly log: Log;
}

/** Serves Nix on the sockets that a configuration names. */
export async function openNix({ config, state, execution, environment, log }: NixSides): Promise<ServedNix> {
  const { socket = daemonSocketOf(state.directory), publicSocket = "none" } = config.nix;
  const onError = (reason: unknown): void =>
    log.error("a connection of Nix failed", { reason: StatusError.from(reason).message });
  const sockets: SocketOptions[] = [
    { path: socket, forWhom: "owner" as const, onError },
    { path: publicSocket, forWhom: "everybody" as const, onError },
  ].filter(({ path }) => path !== "none");
  await using opened = new AsyncDisposableStack();
  const settings = loadSettings({}, environment);
  const clusters = openClusters(state, settings, { config, runsHere: execution !== undefined, log });
  // A server that nobody asks for builds of Nix has nothing of it in its store, not even the shell of the sandbox.
  let nix: Promise<NixDaemon> | undefined;
  opened.defer(async () => (await nix?.catch(() => undefined))?.[Symbol.asyncDispose]()); // Whoever came was told why.
  const daemon = async (): Promise<Daemon> =>
    (await (nix ??= openNixDaemon(state, settings, { place: placeOf(execution), clusters }))).daemon;
  for (const each of sockets) opened.use(await serveSocket(daemon, each));
  const parts = opened.move();
  return { paths: sockets.map(({ path }) => path), [Symbol.asyncDispose]: () => parts.disposeAsync() };
}

/** The server's own executor: builds wait in the same queue as the actions of other clients. */
function placeOf(served: ServedExecution | undefined): BuildPlace {
  const execution = served?.execution ?? nowhere;
  return {
    name: "this machine",
    // It belongs to the server, and goes on when Nix is not served any more.
    execution: { execute: (...call) => execution.execute(...call), [Symbol.asyncDispose]: async () => undefined },
    profile: localProfile,
    jobsMax: served?.concurrency ?? 1,
    isHere: true,
  };
}

const nowhere: Execution = {
  async *execute() {
    throw new StatusError(Code.FailedPrecondition, "this server does not run actions (execution.enabled is false)");
  },
};
