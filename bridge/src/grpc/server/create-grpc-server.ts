import type { SecureServerOptions } from "node:http2";
import { StatusError } from "../../status/index.js";
import type { BoundMethod, Service } from "../rpc.js";
import { createHttp2Core, type Http2CoreOptions } from "../http2/create-http2-core.js";
import { encodeStatus } from "../status-details.js";
import { bindPrivately, removeAbandoned } from "./unix-socket.js";
import { defaultServerLimits, type ServerLimits } from "./server-limits.js";

/** Where to listen: `host:port`, port 0 for any that is free, or `unix:/path`, a socket for our own user and root. */
export type ListenAddress = string;

/** What {@link createGrpcServer} needs. */
export interface GrpcServerOptions extends Pick<Http2CoreOptions, "callerOf" | "onCallEnd" | "onBytes" | "onFault"> {
  readonly services: readonly Service[];
  readonly listen: ListenAddress;
  /** Keys and certificates, and the authorities that clients must have theirs from. Without: no encryption. */
  readonly tls?: SecureServerOptions;
  readonly limits?: Partial<ServerLimits>;
}

/** A server that listens. */
export interface GrpcServer {
  /** With the port that was taken. */
  readonly address: string;
  /** For connections to come. */
  setCertificates(tls: SecureServerOptions): void;
  /** Calls that have begun and not ended. */
  callsInFlight(): number;
  /** Takes no more calls; those that run may end until the deadline, then they are aborted. */
  close(deadlineMs: number): Promise<void>;
}

/**
 * Serves gRPC services.
 *
 * @throws StatusError if the address cannot be listened on; TypeError if two services have a method in common.
 */
export async function createGrpcServer(options: GrpcServerOptions): Promise<GrpcServer> {
  const { tls, listen } = options;
  const limits = { ...defaultServerLimits, ...options.limits };
  const core = createHttp2Core({
    ...options,
    methods: byPath(options.services),
    limits,
    messageBytesMax: limits.messageBytesMax,
    requestIdleMs: limits.requestIdleMs,
    detailsOf: (status) =>
      status.details.length === 0 ? {} : { "grpc-status-details-bin": encodeStatus(status).toString("base64") },
    ...(tls === undefined ? {} : { tls }),
  });
  const where = parseAddress(listen);
  try {
    if ("path" in where) await removeAbandoned(where.path);
    const bound = await ("path" in where ? bindPrivately(() => core.listen(where)) : core.listen(where));
    const address = "path" in where ? listen : `${listen.slice(0, listen.lastIndexOf(":"))}:${String(bound.port)}`;
    return {
      address,
      callsInFlight: () => core.callsInFlight(),
      setCertificates: (fresh) => core.setCertificates(fresh),
      close: (deadlineMs) => core.close(deadlineMs),
    };
  } catch (cause) {
    throw StatusError.wrap(cause, `listening on ${listen}`);
  }
}

function byPath(services: readonly Service[]): Map<string, BoundMethod> {
  const methods = new Map<string, BoundMethod>();
  for (const bound of services.flat()) {
    if (methods.has(bound.method.path)) throw new TypeError(`${bound.method.path} is served twice`);
    methods.set(bound.method.path, bound);
  }
  return methods;
}

function parseAddress(address: ListenAddress): { path: string } | { host: string; port: number } {
  if (address.startsWith("unix:")) return { path: address.slice("unix:".length).replace(/^\/\/(?=\/)/, "") };
  const end = address.lastIndexOf(":");
  return { host: address.slice(0, end).replace(/^\[|\]$/g, ""), port: Number(address.slice(end + 1)) };
}
