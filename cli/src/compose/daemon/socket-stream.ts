import type { Socket } from "node:net";
import type { WorkerStream } from "@causeway/bridge/nix/worker";

/** A connection as the worker protocol sees it. */
export function socketStream(socket: Socket): WorkerStream {
  return {
    input: socket as AsyncIterable<Uint8Array>,
    write(bytes) {
      return new Promise((resolve, reject) => {
        // The callback comes when the kernel has it: then there is room for more.
        socket.write(bytes, (error) => {
          if (error === null || error === undefined) resolve();
          else reject(error);
        });
      });
    },
    destroy: () => void socket.destroy(),
  };
}
