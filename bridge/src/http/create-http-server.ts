import http, { type IncomingMessage, type ServerResponse } from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Access, Caller, Presented } from "../access/index.js";
import { Code, StatusError } from "../status/index.js";
import { createRouter } from "./create-router.js";
import type { Exchange, Route } from "./exchange.js";
import { sendError } from "./replies.js";

/** Certificates in PEM. */
export interface HttpTls {
  readonly certificate: string | Buffer;
  readonly key: string | Buffer;
  readonly clientCa?: string | Buffer;
  readonly requireClientCertificate?: boolean;
}

/** How a request ended, for logs and metrics. */
export interface FinishedRequest {
  readonly method: string;
  readonly path: string;
  /** The name of the route, or `none`. */
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
  readonly caller: string;
  /** What went wrong in here, if the client was told so. */
  readonly error?: StatusError;
}

/** What {@link createHttpServer} needs. */
export interface HttpServerOptions {
  readonly host: string;
  /** 0: the system chooses. */
  readonly port: number;
  readonly routes: readonly Route[];
  readonly access: Access;
  readonly tls?: HttpTls;
  readonly limits: {
    /** More are closed at once: each costs memory and a descriptor. */
    readonly connectionsMax: number;
    /** A connection on which nothing moves for so long is closed, during a request or between two. */
    readonly stallMs: number;
  };
  onRequestEnd?(request: FinishedRequest): void;
  onBytes?(direction: "received" | "sent", compressor: string, bytes: number): void;
}

/** A server that listens. */
export interface HttpServer {
  /** `http://HOST:PORT` or `https://…`. */
  readonly url: string;
  /** New connections get these certificates. */
  setTls(tls: HttpTls): void;
  /** Takes no new connections, lets requests in flight end, and cuts them off after `deadlineMs`. */
  close(deadlineMs: number): Promise<void>;
}

/** A refused body is read to its end, so that the client sees the answer before a reset, but not beyond this. */
const DISCARD_BYTES_MAX = 64 * 2 ** 20;
/** Headers must come soon: a client that trickles them in holds a connection for nothing. */
const HEADERS_MS_MAX = 30_000;
/** So must the handshake of TLS: the server cannot be closed before it has ended. */
const HANDSHAKE_MS_MAX = 10_000;

/**
 * Listens for HTTP/1.1 and answers by the routes.
 *
 * @throws StatusError Unavailable if the address is taken or not ours; InvalidArgument for certificates that do not fit.
 */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { host, port, tls, limits } = options;
  const route = createRouter(options.routes);
  const server = tls === undefined ? http.createServer() : createTlsServer(tls);
  server.maxConnections = limits.connectionsMax;
  server.requestTimeout = 0; // Uploads may last; what counts is that they move.
  server.headersTimeout = HEADERS_MS_MAX;
  server.setTimeout(limits.stallMs, (socket) => void socket.destroy());

  async function serve(request: IncomingMessage, response: ServerResponse, asks: boolean): Promise<void> {
    const startMs = performance.now();
    const gone = new AbortController();
    response.once("close", () => {
      if (!response.writableFinished) gone.abort();
      // Nobody is to wait for the next request on this connection.
      if (!server.listening) setImmediate(() => server.closeIdleConnections());
    });
    response.on("error", () => undefined); // `close` says it as well.
    // Whoever is refused before it sent its body cannot use the connection for the next request.
    if (asks) response.shouldKeepAlive = false;
    const exchange: Exchange = {
      request,
      response,
      path: decodePath(request.url ?? "/"),
      caller: nobody,
      signal: gone.signal,
      body() {
        if (asks) {
          response.shouldKeepAlive = true;
          response.writeContinue();
        }
        return bodyOf(request);
      },
      countBytes: (direction, compressor, bytes) => options.onBytes?.(direction, compressor, bytes),
    };
    let result: Awaited<ReturnType<typeof route>>;
    let caller = nobody;
    try {
      caller = await options.access(presentedBy(request));
      result = await route({ ...exchange, caller });
    } catch (reason) {
      result = { route: "none", error: StatusError.from(reason) };
      sendError(exchange, result.error!);
    }
    discardRest(request);
    options.onRequestEnd?.({
      method: request.method ?? "",
      path: exchange.path,
      status: response.statusCode,
      durationMs: performance.now() - startMs,
      caller: caller.name,
      ...result,
    });
  }

  server.on("request", (request, response) => void serve(request, response, false));
  server.on("checkContinue", (request, response) => void serve(request, response, true));
  server.on("clientError", (_error, socket) => {
    if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    else socket.destroy();
  });
  await listen(server, host, port);
  const bound = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? "http" : "https"}://${host.includes(":") ? `[${host}]` : host}:${bound.port}`,
    setTls(next) {
      if (server instanceof https.Server) server.setSecureContext(tlsOptions(next));
    },
    async close(deadlineMs) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), deadlineMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** Until it is known who calls. */
const nobody: Caller = { name: "nobody", anonymous: true, allows: () => false };

function createTlsServer(tls: HttpTls): https.Server {
  try {
    return https.createServer(tlsOptions(tls));
  } catch (cause) {
    throw StatusError.wrap(cause, "cannot use the TLS certificate and key", Code.InvalidArgument);
  }
}

function tlsOptions(tls: HttpTls): https.ServerOptions {
  return {
    cert: tls.certificate,
    key: tls.key,
    minVersion: "TLSv1.2",
    handshakeTimeout: HANDSHAKE_MS_MAX,
    ...(tls.clientCa === undefined
      ? {}
      : { ca: tls.clientCa, requestCert: true, rejectUnauthorized: tls.requireClientCertificate ?? false }),
  };
}

function presentedBy(request: IncomingMessage): Presented {
  const { authorization } = request.headers;
  const socket = request.socket as Partial<TLSSocket>;
  const subject = socket.authorized === true ? socket.getPeerCertificate?.().subject.CN : undefined;
  const commonName = Array.isArray(subject) ? subject[0] : subject;
  return {
    ...(authorization === undefined ? {} : { authorization }),
    ...(commonName === undefined ? {} : { commonName }),
  };
}

/** A path that is not well escaped matches no route. */
function decodePath(url: string): string {
  const path = url.split("?", 1)[0]!;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** The connection outlives a reader that stops early: the client is still to be told why. */
async function* bodyOf(request: IncomingMessage): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
  } catch (cause) {
    throw new StatusError(Code.Cancelled, "the client went away", { cause });
  }
}

/** What nobody read of a body. */
function discardRest(request: IncomingMessage): void {
  if (request.complete) return;
  let bytes = 0;
  request.on("data", (piece: Buffer) => {
    bytes += piece.byteLength;
    if (bytes > DISCARD_BYTES_MAX) request.destroy();
  });
  request.on("error", () => undefined); // Whoever was to hear of it has been answered.
}

function listen(server: http.Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    // It stays: when descriptors run out, accept(2) fails and is tried again with the next connection.
    server.on("error", (error: NodeJS.ErrnoException) => {
      const taken = error.code === "EADDRINUSE" ? "another program listens there" : error.message;
      reject(
        new StatusError(Code.Unavailable, `cannot listen for HTTP on ${host}:${port}: ${taken}`, { cause: error }),
      );
    });
    server.listen(port, host, () => resolve());
  });
}
