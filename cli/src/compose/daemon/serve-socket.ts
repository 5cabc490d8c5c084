import { chmodSync, lstatSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { serveWorker, type Daemon } from "@causeway/bridge/nix/worker";
import { StatusError } from "@causeway/bridge/status";
import { socketAddress } from "./socket-address.js";
import { socketStream } from "./socket-stream.js";

/** A unix socket on which clients of Nix are served. */
export interface SocketOptions {
  readonly path: string;
  /**
   * Who may connect, and with that, who is trusted: only we ourselves (and root), who are; or everybody, who are not. Node cannot ask who is at the
   * other end of a socket; the kernel asks for us, by the permissions of the file.
   */
  readonly forWhom: "owner" | "everybody";
  /** How many clients there are now; told when it changes. */
  onClients?(count: number): void;
  /** A fault of ours, which ended one connection. */
  onError(reason: unknown): void;
}

/** A socket that is served. Disposing it ends all connections, and what is done for them. */
export type ServedSocket = AsyncDisposable;

/**
 * Clients beyond this wait to be accepted: each may hold a request in memory. A remote builder is connected to once for each build that runs.
 */
const CLIENTS_MAX = 1_000;

/**
 * @param daemon what answers; asked for when somebody has come.
 * @throws StatusError if the socket cannot be made. Whoever calls has the state's lock, so an old socket has nobody behind it.
 */
export async function serveSocket(daemon: () => Promise<Daemon>, options: SocketOptions): Promise<ServedSocket> {
  using address = socketAddress(options.path);
  removeOld(options.path);
  const closing = new AbortController();
  const clients = new Map<Socket, Promise<void>>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const served = serveClient(socket).finally(() => {
      clients.delete(socket);
      options.onClients?.(clients.size);
    });
    clients.set(socket, served);
    options.onClients?.(clients.size);
  });
  server.maxConnections = CLIENTS_MAX;

  async function serveClient(socket: Socket): Promise<void> {
    // Errors come out of reading and writing; without a listener they would end the program.
    socket.on("error", () => undefined);
    try {
      const isTrusted = options.forWhom === "owner";
      await serveWorker(socketStream(socket), await daemon(), { isTrusted, signal: closing.signal });
    } catch (reason) {
      options.onError(reason);
    } finally {
      // What was sent arrives; what is still to come is not waited for.
      socket.destroySoon();
    }
  }

  await listen(server, address.path, options);
  return {
    async [Symbol.asyncDispose]() {
      closing.abort();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of clients.keys()) socket.destroy();
      await Promise.allSettled(clients.values());
      await closed;
      rmSync(options.path, { force: true });
    },
  };
}

async function listen(server: Server, address: string, { path, forWhom }: SocketOptions): Promise<void> {
  // Between making the socket and setting its mode nobody may slip in.
  const umask = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(address, resolve);
    });
  } catch (cause) {
    throw StatusError.wrap(cause, `listening on ${path}`);
  } finally {
    process.umask(umask);
  }
  if (forWhom === "everybody") chmodSync(path, 0o666);
}

function removeOld(path: string): void {
  const old = lstatSync(path, { throwIfNoEntry: false });
  if (old?.isSocket() === true) rmSync(path, { force: true });
}
