import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ClientStream } from "@causeway/bridge/nix/worker";
import { Code, StatusError } from "@causeway/bridge/status";
import { socketStream } from "../daemon/socket-stream.js";
import { tryConnect } from "../daemon/try-connect.js";
import { programStream } from "./program-stream.js";

/** A store behind the worker protocol. */
export interface DaemonLocation {
  /** As people name it. */
  readonly uri: string;
  readonly connectionsMax: number;
  connect(): Promise<ClientStream>;
}

/** Connections to a socket: each has one archive at a time. */
const SOCKET_CONNECTIONS_MAX = 8;
/** Behind ssh each connection is a login. As Nix. */
const SSH_CONNECTIONS_MAX = 1;

/**
 * The store that a URL means: `ssh-ng://[USER@]HOST[?remote-program=PROGRAM]`, `unix://PATH`, or this machine's Nix: its daemon (`daemon`, or the
 * store directory) or, where there is none, its program on the store or on another root (`/DIR`).
 *
 * @returns `undefined` for anything else.
 * @throws StatusError InvalidArgument for one of these that makes no sense.
 */
export function daemonLocationOf(text: string, storeDir: string, env: NodeJS.ProcessEnv): DaemonLocation | undefined {
  if (text.startsWith("ssh-ng://")) return sshLocation(text);
  if (text.startsWith("unix://")) return socketLocation(text, text.replace(/^unix:\/\//, "").replace(/\?.*$/, ""));
  if (text === "daemon" || text === "auto" || text === "local" || text === storeDir) return machineLocation(text, env);
  const root = text.replace(/^local\?root=/, "");
  if (root.startsWith("/")) return programLocation(text, ["nix-daemon", "--stdio", "--store", root]);
  return undefined;
}

/** Where a socket is that somebody serves. */
export function socketLocation(uri: string, path: string): DaemonLocation {
  return {
    uri,
    connectionsMax: SOCKET_CONNECTIONS_MAX,
    async connect() {
      const socket = await tryConnect(path);
      if (socket === undefined) throw new StatusError(Code.Unavailable, `nobody serves the socket ${path}`);
      socket.on("error", () => undefined); // Errors come out of reading and writing.
      return {
        ...socketStream(socket),
        async close() {
          socket.destroySoon();
        },
      };
    },
  };
}

function programLocation(uri: string, argv: readonly [string, ...string[]], connectionsMax = 1): DaemonLocation {
  return { uri, connectionsMax, connect: () => programStream(argv) };
}

/** As Nix finds it: by the variable, else below the state directory. */
function machineLocation(uri: string, env: NodeJS.ProcessEnv): DaemonLocation {
  const stateDirectory = env["NIX_STATE_DIR"] ?? "/nix/var/nix";
  const path = env["NIX_DAEMON_SOCKET_PATH"] ?? join(stateDirectory, "daemon-socket/socket");
  return existsSync(path) ? socketLocation(uri, path) : programLocation(uri, ["nix-daemon", "--stdio"]);
}

/** Source: Nix, `SSHStore` in src/libstore/ssh-store.cc: the host `localhost` is not asked through ssh. */
function sshLocation(text: string): DaemonLocation {
  const [, host, query] = /^ssh-ng:\/\/([^/?#]+)\/?(?:\?(.*))?$/.exec(text) ?? [];
  // What begins with a dash would be an option of ssh.
  if (host === undefined || host.startsWith("-"))
    throw new StatusError(Code.InvalidArgument, `'${text}' is not of the form ssh-ng://[USER@]HOST[?remote-program=…]`);
  const parameters = new URLSearchParams((query ?? "").replaceAll("+", "%2B"));
  const program = parameters.get("remote-program") ?? "nix-daemon";
  const store = parameters.get("remote-store");
  const connections = parameters.get("max-connections") ?? "";
  const command = `${program} --stdio${store === null ? "" : ` --store ${quoted(store)}`}`;
  const uri = text.replace(/\?.*$/, "");
  const connectionsMax = /^[1-9]\d?$/.test(connections) ? Number(connections) : SSH_CONNECTIONS_MAX;
  if (host === "localhost") return programLocation(uri, ["sh", "-c", `exec ${command}`], connectionsMax);
  const key = parameters.get("ssh-key");
  const identity = key === null ? [] : ["-i", key];
  return programLocation(uri, ["ssh", "-x", "-a", ...identity, "--", host, command], connectionsMax);
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
