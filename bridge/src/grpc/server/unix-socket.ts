import { lstat, rm } from "node:fs/promises";
import { createConnection } from "node:net";
import { Code, StatusError } from "../../status/index.js";

/** Neither group nor others may connect. */
const OWNER_ONLY = 0o177;

/** A server that is there answers at once: the kernel does it. */
const PROBE_MS = 2_000;

/**
 * Removes the socket of a server that was killed. One that is served stays, and so does what is no socket.
 *
 * @throws StatusError Unavailable if somebody listens there.
 */
export async function removeAbandoned(path: string): Promise<void> {
  const found = await lstat(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  });
  if (found?.isSocket() !== true) return;
  if (await isServed(path)) throw new StatusError(Code.Unavailable, "another program listens there");
  await rm(path, { force: true });
}

/** Makes a socket that nobody else can reach, not even between its beginning and a change of its mode. */
export function bindPrivately<T>(bind: () => T): T {
  const umask = process.umask(OWNER_ONLY);
  try {
    // Node binds before it returns.
    return bind();
  } finally {
    process.umask(umask);
  }
}

function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    const settle = (served: boolean): void => {
      socket.destroy();
      resolve(served);
    };
    socket.setTimeout(PROBE_MS, () => settle(true));
    socket.once("connect", () => settle(true));
    // Only a refusal says that nobody is there; a full queue or a forbidden one does not.
    socket.once("error", (error: NodeJS.ErrnoException) => settle(error.code !== "ECONNREFUSED"));
  });
}
