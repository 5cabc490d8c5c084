import type { Access } from "@causeway/bridge/access";
import type { ServeConfig } from "@causeway/bridge/config/serve";
import {
  createBazelCacheRoutes,
  createHttpServer,
  createServiceRoutes,
  type HttpServer,
  type Route,
} from "@causeway/bridge/http";
import type { Metrics } from "@causeway/bridge/metrics";
import type { ActionCache, HashedBlobStore } from "@causeway/bridge/store";
import { instanceCheckOf } from "./access.js";
import { traceOf } from "./open-grpc.js";
import type { Log } from "./open-log.js";
import type { Certificates } from "./read-certificates.js";

/** What a server's HTTP side is made of. */
export interface HttpParts {
  readonly config: ServeConfig;
  readonly access: Access;
  readonly log: Log;
  readonly metrics: Metrics | undefined;
  readonly certificates: Certificates | undefined;
  readonly blobs: HashedBlobStore;
  readonly actionCache: ActionCache;
  /** What is served beside Bazel's cache. */
  readonly routes: readonly Route[];
  /** What `/healthz` says. */
  health(): { readonly ready: boolean; readonly state: string };
  /** What `/status` says. */
  status(): Promise<unknown>;
}

/** Serves Bazel's HTTP cache, what operators ask for, and other routes; `undefined` if the configuration wants none. */
export async function openHttp(parts: HttpParts): Promise<HttpServer | undefined> {
  const { config, log, metrics, certificates } = parts;
  if (config.http === "none") return undefined;
  const checkInstance = instanceCheckOf(config);
  const end = config.http.lastIndexOf(":");
  return createHttpServer({
    host: config.http.slice(0, end).replace(/^\[|\]$/g, ""),
    port: Number(config.http.slice(end + 1)),
    access: parts.access,
    ...(certificates === undefined ? {} : { tls: certificates }),
    limits: { connectionsMax: config.limits.connections, stallMs: config.limits.stallSeconds * 1000 },
    routes: [
      ...createServiceRoutes({
        health: () => parts.health(),
        status: () => parts.status(),
        ...(metrics === undefined ? {} : { metrics: () => metrics.exposition() }),
      }),
      ...createBazelCacheRoutes({
        blobs: parts.blobs,
        actionCache: parts.actionCache,
        ...(checkInstance === undefined ? {} : { checkInstance }),
        limits: { blobBytesMax: config.limits.blobBytes, actionResultBytesMax: config.limits.messageBytes },
      }),
      ...parts.routes,
    ],
    onRequestEnd(request) {
      metrics?.requestEnded(request);
      const { method, path, status, durationMs, caller, error } = request;
      if (status === 500) log.error("a request failed inside", { method, path, reason: traceOf(error) });
      else if (log.isDebug)
        log.debug("request", { method, path, status, caller, ms: Math.round(durationMs * 100) / 100 });
    },
    ...(metrics === undefined
      ? {}
      : { onBytes: (direction, compressor, bytes) => metrics.bytesMoved(direction, compressor, bytes) }),
  });
}
