import {
  createSecureServer,
  createServer,
  type Http2Server,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type SecureServerOptions,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo, ListenOptions } from "node:net";
import { Code, StatusError } from "../../status/index.js";
import type { Caller } from "../../access/caller.js";
import type { BoundMethod } from "../rpc.js";
import { firstHeader, isGrpc } from "./headers.js";
import { HANDSHAKE_MS_MAX, watchHandshakes } from "./watch-handshakes.js";
import { RESPONSE_HEADERS, ServerCall, statusTrailers, type CallSetting } from "./server-call.js";

/** What bounds the connections of a server. */
export interface ConnectionLimits {
  /** Bytes of one stream that may come before they are read. Uploads are no faster than this per round trip. */
  readonly streamWindowBytes: number;
  /** The same for all streams of a connection: the most that a connection can make us hold. */
  readonly connectionWindowBytes: number;
  readonly streamsMax: number;
  readonly connectionsMax: number;
  /** A silent connection is asked for a sign of life so often, and ended if the next time comes without one. */
  readonly keepAliveMs: number;
}

/** What {@link createHttp2Core} needs. */
export interface Http2CoreOptions extends CallSetting {
  /** By `/package.Service/Method`. */
  readonly methods: ReadonlyMap<string, BoundMethod>;
  readonly limits: ConnectionLimits;
  readonly tls?: SecureServerOptions;
  /** Who calls. @throws StatusError Unauthenticated. */
  readonly callerOf: (headers: IncomingHttpHeaders, session: ServerHttp2Session) => Caller | Promise<Caller>;
}

/** A gRPC server on one address. */
export interface Http2Core {
  listen(options: ListenOptions): Promise<AddressInfo>;
  /** Puts other certificates in place for connections to come. */
  setCertificates(tls: SecureServerOptions): void;
  /** Calls that have begun and not ended. */
  callsInFlight(): number;
  /** Takes no more calls, lets those that run end until the deadline, then ends them. */
  close(deadlineMs: number): Promise<void>;
}

/**
 * Serves gRPC on Node's own HTTP/2.
 *
 * Source: gRPC over HTTP/2 (PROTOCOL-HTTP2.md of the gRPC project).
 */
export function createHttp2Core(options: Http2CoreOptions): Http2Core {
  const { limits, methods, tls } = options;
  const serverOptions = {
    settings: { initialWindowSize: limits.streamWindowBytes, maxConcurrentStreams: limits.streamsMax },
    // In MiB. Node counts what a session holds; flow control bounds that already.
    maxSessionMemory: Math.ceil(limits.connectionWindowBytes / 2 ** 20) * 4 + 64,
  };
  const server: Http2Server | Http2SecureServer =
    tls === undefined
      ? createServer(serverOptions)
      : createSecureServer({ ...serverOptions, ...tls, ALPNProtocols: ["h2"], handshakeTimeout: HANDSHAKE_MS_MAX });
  server.maxConnections = limits.connectionsMax;
  const handshakes = tls === undefined ? undefined : watchHandshakes(server as Http2SecureServer);
  const sessions = new Set<ServerHttp2Session>();
  let callsInFlight = 0;
  const setting: CallSetting = {
    ...options,
    onCallEnd(end) {
      callsInFlight--;
      options.onCallEnd?.(end);
    },
  };

  server.on("session", (session: ServerHttp2Session) => {
    session.on("error", () => undefined); // Its streams are closed, which is what their calls need to know.
    sessions.add(session);
    session.setLocalWindowSize(limits.connectionWindowBytes);
    const stopWatching = watch(session, limits.keepAliveMs);
    session.once("close", () => {
      stopWatching();
      sessions.delete(session);
    });
  });
  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    const bound = methods.get(headers[":path"] ?? "");
    const refusal = refusalOf(headers, bound);
    if (refusal !== undefined) refuse(stream, refusal);
    else void begin(stream, headers, bound!);
  });
  // Without a listener a broken handshake would end the process.
  server.on("sessionError", () => undefined);
  // So would a connection for which there is no descriptor left; the next one is accepted when there is.
  server.on("error", () => undefined);
  if (tls !== undefined) server.on("tlsClientError", () => undefined);

  async function begin(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, bound: BoundMethod): Promise<void> {
    try {
      const session = stream.session as ServerHttp2Session | undefined;
      if (session === undefined) return;
      let caller = options.callerOf(headers, session);
      if (caller instanceof Promise) caller = await caller;
      if (stream.destroyed) return;
      callsInFlight++;
      new ServerCall(stream, headers, bound, caller, setting).run();
    } catch (reason) {
      refuse(stream, statusTrailers(StatusError.from(reason), options.detailsOf));
    }
  }

  return {
    listen: (where) =>
      new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(where, () => {
          server.off("error", reject);
          resolve(server.address() as AddressInfo);
        });
      }),
    callsInFlight: () => callsInFlight,
    setCertificates(fresh) {
      if ("setSecureContext" in server) server.setSecureContext(fresh);
    },
    async close(deadlineMs) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const session of sessions) session.close();
      handshakes?.end();
      const timer = setTimeout(() => {
        for (const session of sessions) session.destroy();
      }, deadlineMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** Why a request is no call of ours. */
function refusalOf(headers: IncomingHttpHeaders, bound: BoundMethod | undefined): OutgoingHttpHeaders | undefined {
  if (headers[":method"] !== "POST") return { ":status": 405 };
  if (!isGrpc(headers["content-type"])) return { ":status": 415 };
  const encoding = firstHeader(headers, "grpc-encoding");
  if (encoding !== undefined && encoding !== "identity")
    return {
      ...statusTrailers(new StatusError(Code.Unimplemented, `grpc-encoding ${encoding} is not known here`), () => ({})),
      "grpc-accept-encoding": "identity",
    };
  if (bound !== undefined) return undefined;
  const unknown = new StatusError(Code.Unimplemented, `there is no method ${headers[":path"] ?? ""} here`);
  return statusTrailers(unknown, () => ({}));
}

function refuse(stream: ServerHttp2Stream, headers: OutgoingHttpHeaders): void {
  stream.on("error", () => undefined);
  stream.resume();
  if (stream.destroyed || stream.headersSent) return;
  stream.respond(":status" in headers ? headers : { ...RESPONSE_HEADERS, ...headers }, { endStream: true });
}

/** Ends a connection whose other side is gone without a word. */
function watch(session: ServerHttp2Session, keepAliveMs: number): () => void {
  let isAnswered = true;
  const timer = setInterval(() => {
    if (!isAnswered) {
      session.destroy();
      return;
    }
    isAnswered = false;
    try {
      session.ping(() => (isAnswered = true));
    } catch {
      session.destroy(); // Too many are under way, or it is closed.
    }
  }, keepAliveMs);
  timer.unref();
  return () => clearInterval(timer);
}
