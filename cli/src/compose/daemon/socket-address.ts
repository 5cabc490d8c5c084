import { closeSync, constants, openSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { StatusError } from "@causeway/bridge/status";

/** Room for the name in `struct sockaddr_un`, less the zero at its end. */
const ADDRESS_BYTES_MAX = 107;

/** Where the daemon of a state is reached. */
export function daemonSocketOf(stateDirectory: string): string {
  return join(stateDirectory, "nix.sock");
}

/** Where a socket is, in few enough bytes for the kernel. Disposing it makes it invalid. */
export interface SocketAddress extends Disposable {
  readonly path: string;
}

/**
 * The address of a unix socket, wherever it is: one whose path is too long is reached through its directory.
 *
 * @throws StatusError NotFound if the directory is not there.
 */
export function socketAddress(path: string): SocketAddress {
  if (Buffer.byteLength(path) <= ADDRESS_BYTES_MAX) return { path, [Symbol.dispose]: () => undefined };
  try {
    const directory = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
    return {
      path: `/proc/self/fd/${directory}/${basename(path)}`,
      [Symbol.dispose]: () => closeSync(directory),
    };
  } catch (cause) {
    throw StatusError.wrap(cause, `opening the directory of ${path}`);
  }
}
