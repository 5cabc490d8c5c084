import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** Passes connections on to a server, and cuts them. */
export interface CuttingProxy extends AsyncDisposable {
  /** `host:port`. */
  readonly address: string;
  /** Connections that it has cut. */
  readonly cuts: number;
  /** Cuts all connections, and takes none until it comes back. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
}

/**
 * Opens one on a free port.
 *
 * @param options.cutAfter bytes (both ways together) after which the next connection is cut; without a limit when there are no more.
 */
export async function openCuttingProxy(
  target: string,
  { cutAfter = [] }: { readonly cutAfter?: readonly number[] } = {},
): Promise<CuttingProxy> {
  const [host = "", port] = target.split(":");
  const limits = [...cutAfter];
  const sockets = new Set<Socket>();
  let cuts = 0;

  function pass(inner: Socket): void {
    const outer = connect(Number(port), host);
    const limit = limits.shift() ?? Infinity;
    let passed = 0;
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(from);
      from.on("error", () => undefined);
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
      from.on("data", (bytes) => {
        const left = limit - passed;
        passed += bytes.byteLength;
        if (bytes.byteLength < left) {
          if (!to.write(bytes)) from.pause();
          return;
        }
        // What came before the cut arrives: messages end within a frame.
        cuts++;
        to.write(bytes.subarray(0, left), () => {
          inner.resetAndDestroy();
          outer.resetAndDestroy();
        });
        inner.removeAllListeners("data");
        outer.removeAllListeners("data");
      });
      to.on("drain", () => from.resume());
    }
  }

  let server: Server;
  async function listen(at: number): Promise<number> {
    server = createServer(pass).listen(at, "127.0.0.1");
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  }
  async function goAway(): Promise<void> {
    const closed = once(server, "close");
    server.close();
    for (const socket of sockets) socket.resetAndDestroy();
    await closed;
  }

  const own = await listen(0);
  return {
    address: `127.0.0.1:${String(own)}`,
    get cuts() {
      return cuts;
    },
    goAway,
    async comeBack() {
      await listen(own);
    },
    async [Symbol.asyncDispose]() {
      if (server.listening) await goAway();
    },
  };
}
