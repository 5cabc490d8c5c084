import type { WorkerPool } from "../worker/client/connection-pool.js";
import type { PathSource } from "../substitute/path-source.js";
import { counted } from "./counted.js";
import type { PathDestination } from "./path-destination.js";

/** How a daemon is copied to. */
export interface DaemonDestinationOptions {
  /** Whether it is to check signatures; only a daemon that trusts us leaves it. */
  readonly checkSignatures: boolean;
  /** It may fetch what it lacks by itself. */
  readonly substitute: boolean;
}

/** A store behind the worker protocol, to copy from. Disposing it closes its connections. */
export function createDaemonSource(pool: WorkerPool, uri: string): PathSource {
  return {
    uri,
    async find(path) {
      const info = await pool.use((connection) => connection.queryPathInfo(path));
      if (info === undefined) return undefined;
      return {
        info,
        downloadBytes: info.narSizeBytes,
        open: () => pool.stream((connection) => connection.narFromPath(path, info.narSizeBytes)),
      };
    },
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}

/** A store behind the worker protocol, to copy to. Disposing it closes its connections. */
export function createDaemonDestination(
  pool: WorkerPool,
  uri: string,
  { checkSignatures, substitute }: DaemonDestinationOptions,
): PathDestination {
  return {
    uri,
    async validAmong(paths) {
      return new Set(await pool.use((connection) => connection.queryValidPaths(paths, substitute)));
    },
    async add(offer, { signal, references, onReceived = () => undefined }) {
      await references; // A daemon registers a path when it has it.
      await pool.use(async (connection) => {
        const abandon = (): void => connection.destroy();
        signal?.throwIfAborted();
        signal?.addEventListener("abort", abandon, { once: true });
        try {
          await connection.addToStoreNar(offer.info, counted(offer.open(signal), onReceived), { checkSignatures });
        } finally {
          signal?.removeEventListener("abort", abandon);
        }
      });
    },
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}
