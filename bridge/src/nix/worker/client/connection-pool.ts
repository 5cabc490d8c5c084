import { Code, StatusError } from "../../../status/index.js";
import { ProtocolError } from "../wire/error.js";
import type { WorkerConnection } from "./worker-connection.js";

/** Connections to one daemon: each has one request at a time. */
export interface WorkerPool extends AsyncDisposable {
  use<T>(work: (connection: WorkerConnection) => Promise<T>): Promise<T>;
  /** The same for a stream, which keeps the connection until it ends. */
  stream(open: (connection: WorkerConnection) => AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
}

/** @param connectionsMax at once; who comes then waits. */
export function createWorkerPool(connect: () => Promise<WorkerConnection>, connectionsMax: number): WorkerPool {
  const idle: WorkerConnection[] = [];
  const waiting: (() => void)[] = [];
  let taken = 0;

  async function take(): Promise<WorkerConnection> {
    while (taken >= connectionsMax) await new Promise<void>((resolve) => waiting.push(resolve));
    taken++;
    try {
      return idle.pop() ?? (await connect());
    } catch (reason) {
      release();
      throw reason;
    }
  }
  function release(connection?: WorkerConnection): void {
    taken--;
    if (connection?.isUsable === true) idle.push(connection);
    else connection?.destroy();
    waiting.shift()?.();
  }
  return {
    async use(work) {
      const connection = await take();
      try {
        return await work(connection);
      } catch (reason) {
        throw connectionError(reason);
      } finally {
        release(connection);
      }
    },
    async *stream(open) {
      const connection = await take();
      try {
        yield* open(connection);
      } catch (reason) {
        throw connectionError(reason);
      } finally {
        release(connection);
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(idle.splice(0).map((connection) => connection.close()));
    },
  };
}

/** What the other side does wrong is no fault of ours. */
function connectionError(reason: unknown): unknown {
  if (!(reason instanceof ProtocolError)) return reason;
  return new StatusError(Code.Unavailable, `the daemon went away: ${reason.message}`, { cause: reason });
}
