import type { Access } from "@causeway/bridge/access";
import type { ServeConfig } from "@causeway/bridge/config/serve";
import {
  createCallerOf,
  createGrpcServer,
  createHealth,
  createHealthService,
  createReflectionService,
  protoMethods,
  type GrpcServer,
  type Health,
  type Service,
} from "@causeway/bridge/grpc";
import type { Metrics } from "@causeway/bridge/metrics";
import { StatusError, codeName } from "@causeway/bridge/status";
import { describeReapi } from "@causeway/reapi-protos";
import type { Log } from "./open-log.js";
import type { Certificates } from "./read-certificates.js";
import { secureServerOptions } from "./read-certificates.js";

/** What a server's gRPC side is made of. */
export interface GrpcParts {
  readonly config: ServeConfig;
  readonly access: Access;
  readonly log: Log;
  readonly metrics: Metrics | undefined;
  readonly certificates: Certificates | undefined;
  readonly services: readonly Service[];
}

/** The gRPC server, and whether it says that it serves. */
export interface OpenGrpc {
  readonly server: GrpcServer;
  readonly health: Health;
}

/** Serves the services, with health and reflection beside them. */
export async function openGrpc({ config, access, log, metrics, certificates, services }: GrpcParts): Promise<OpenGrpc> {
  const methods = await protoMethods();
  const health = createHealth();
  const names = serviceNames(services);
  const { limits } = config;
  const server = await createGrpcServer({
    services: [
      ...services,
      createHealthService({ methods, health, services: names }),
      createReflectionService({ methods, files: await describeReapi(), services: names }),
    ],
    listen: config.listen,
    ...(certificates === undefined ? {} : { tls: secureServerOptions(certificates) }),
    limits: {
      messageBytesMax: limits.messageBytes,
      requestIdleMs: limits.stallSeconds * 1000,
      streamsMax: limits.streamsPerConnection,
      connectionsMax: limits.connections,
      keepAliveMs: limits.keepAliveSeconds * 1000,
    },
    callerOf: createCallerOf(access),
    onCallEnd(end) {
      metrics?.callEnded(end);
      if (log.isDebug)
        log.debug("call", { method: end.path, code: codeName(end.code), ms: Math.round(end.durationMs * 100) / 100 });
    },
    ...(metrics === undefined
      ? {}
      : { onBytes: (_path, direction, compressor, bytes) => metrics.bytesMoved(direction, compressor, bytes) }),
    onFault: (method, reason) => log.error("a call failed inside", { method, reason: traceOf(reason) }),
  });
  return { server, health };
}

function serviceNames(services: readonly Service[]): string[] {
  return [...new Set(services.flat().map(({ method }) => method.path.split("/")[1]!))];
}

/** What a report of a fault needs. */
export function traceOf(reason: unknown): string {
  const error = reason instanceof StatusError ? (reason.cause ?? reason) : reason;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
