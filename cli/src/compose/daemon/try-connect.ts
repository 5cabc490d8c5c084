import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Code, StatusError } from "@causeway/bridge/status";
import { socketAddress } from "./socket-address.js";

/** The connection, or `undefined` if nobody is there. */
export async function tryConnect(path: string): Promise<Socket | undefined> {
  try {
    using address = socketAddress(path);
    const socket = connect({ path: address.path, allowHalfOpen: true });
    await once(socket, "connect");
    return socket;
  } catch (cause) {
    const status = StatusError.from(cause);
    if (status.code === Code.NotFound || (cause as NodeJS.ErrnoException).code === "ECONNREFUSED") return undefined;
    throw StatusError.wrap(cause, `connecting to ${path}`);
  }
}
