import type { Http2SecureServer } from "node:http2";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

/** A client that takes longer than this to shake hands means no good, or is so far away that calls would not come through either. */
export const HANDSHAKE_MS_MAX = 10_000;

/** The connections of a server that have not come as far as a session. */
export interface Handshakes {
  /** Ends them. Node neither counts them among the sessions nor closes a server before they are gone. */
  end(): void;
}

/** Watches who connects and who has shaken hands. */
export function watchHandshakes(server: Http2SecureServer): Handshakes {
  const sockets = new Map<string, Socket>();
  server.on("connection", (socket: Socket) => {
    const key = keyOf(socket);
    sockets.set(key, socket);
    socket.once("close", () => {
      if (sockets.get(key) === socket) sockets.delete(key);
    });
  });
  // Another object than the one that connected, with the same two ends.
  server.on("secureConnection", (socket: TLSSocket) => void sockets.delete(keyOf(socket)));
  return {
    end() {
      for (const socket of sockets.values()) socket.destroy();
    },
  };
}

function keyOf({ localAddress, localPort, remoteAddress, remotePort }: Socket): string {
  return `${String(localAddress)} ${String(localPort)} ${String(remoteAddress)} ${String(remotePort)}`;
}
