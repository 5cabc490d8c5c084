import { connect, createServer } from "node:net";
import { once } from "node:events";

/** What went over one connection. */
export interface RecordedConnection {
  /** Everything that the client sent. */
  readonly up: Buffer;
  /** Everything that the daemon sent. */
  readonly down: Buffer;
}

/** Stands between clients and a daemon. */
export interface RecordingProxy extends AsyncDisposable {
  /** The connections since the last call, when all of them have ended. */
  take(): Promise<RecordedConnection[]>;
}

export async function startRecordingProxy(socket: string, daemonSocket: string): Promise<RecordingProxy> {
  let connections: Promise<RecordedConnection>[] = [];
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const daemon = connect({ path: daemonSocket, allowHalfOpen: true });
    const up: Buffer[] = [];
    const down: Buffer[] = [];
    client.on("data", (piece: Buffer) => up.push(piece));
    daemon.on("data", (piece: Buffer) => down.push(piece));
    client.on("error", () => daemon.destroy());
    daemon.on("error", () => client.destroy());
    client.pipe(daemon);
    daemon.pipe(client);
    const ended = Promise.all([once(client, "close"), once(daemon, "close")]);
    connections.push(ended.then(() => ({ up: Buffer.concat(up), down: Buffer.concat(down) })));
  });
  server.listen(socket);
  await once(server, "listening");
  return {
    async take() {
      const taken = connections;
      connections = [];
      return await Promise.all(taken);
    },
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
