import { once } from "node:events";
import { connect, type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders } from "node:http2";

/** A connection of our own making: it does what no gRPC library would. */
export interface RawClient {
  readonly session: ClientHttp2Session;
  readonly post: (path: string, headers?: Readonly<Record<string, string>>) => ClientHttp2Stream;
}

/** Connects, and waits until the server has answered. */
export async function connectRaw(
  grpc: string,
  settings: { readonly initialWindowSize?: number } = {},
): Promise<RawClient> {
  const session = connect(grpc.replace(/^grpc:/, "http:"), { settings });
  session.on("error", () => undefined);
  await once(session, "remoteSettings");
  return {
    session,
    post(path, headers = {}) {
      const stream = session.request({
        ...{ ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers" },
        ...headers,
      });
      stream.on("error", () => undefined);
      return stream;
    },
  };
}

/** A message as it goes over the wire; `claimedBytes` for a prefix that says something else. */
export function frame(message: Uint8Array, claimedBytes = message.byteLength): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(claimedBytes, 1);
  return Buffer.concat([prefix, message]);
}

/** How a stream of a call ended. */
export interface RawAnswer {
  /** `:status` of HTTP. */
  readonly httpStatus: number | undefined;
  /** `grpc-status`, from the headers of a refusal or the trailers. */
  readonly grpcStatus: number | undefined;
  readonly message: string;
}

/** Reads to the end of a stream. The deadline is the caller's. */
export async function answerOf(stream: ClientHttp2Stream): Promise<RawAnswer> {
  let headers: IncomingHttpHeaders = {};
  stream.on("response", (got) => (headers = { ...headers, ...got }));
  stream.on("trailers", (got: IncomingHttpHeaders) => (headers = { ...headers, ...got }));
  stream.resume();
  if (!stream.destroyed) await new Promise((resolve) => stream.once("close", resolve));
  const status = headers["grpc-status"];
  return {
    httpStatus: headers[":status"] === undefined ? undefined : Number(headers[":status"]),
    grpcStatus: status === undefined ? undefined : Number(status),
    message: String(headers["grpc-message"] ?? ""),
  };
}
