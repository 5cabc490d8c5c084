import { hasCredentials, type ServeConfig } from "@causeway/bridge/config/serve";
import { createMetrics, withActionCacheMetrics, withBlobMetrics, type Metrics } from "@causeway/bridge/metrics";
import { StatusError } from "@causeway/bridge/status";
import { keepWithinSize, type Store, type StoreSize } from "@causeway/bridge/store";
import { formatSize } from "../../sizes.js";
import { openState } from "../state.js";
import { accessOf } from "./access.js";
import { binaryCacheRoutes } from "./binary-cache.js";
import { findServiceManager } from "./notify-systemd.js";
import { openExecution } from "./open-execution.js";
import { openGrpc } from "./open-grpc.js";
import { openHttp } from "./open-http.js";
import { openNix } from "./open-nix.js";
import type { Log } from "./open-log.js";
import { readCertificates, secureServerOptions } from "./read-certificates.js";
import { removeReadyFile, writeReadyFile } from "./ready-file.js";
import { createServices } from "./services.js";

/** What the outside gives a server. */
export interface ServerSetting {
  readonly environment: NodeJS.ProcessEnv;
  readonly log: Log;
}

/** Where a server is reached. */
export interface ServerDescription {
  /** `grpc://HOST:PORT`, `grpcs://…`, or `unix:/PATH`. */
  readonly grpc: string;
  readonly http?: string;
  /** The sockets for Nix, each as `unix://PATH`. */
  readonly nix?: readonly string[];
  readonly state: string;
  readonly pid: number;
}

/** A server that serves. */
export interface RunningServer {
  readonly description: ServerDescription;
  /** Reads the certificates again, and opens the log file again. */
  reload(): void;
  /** Takes nothing new, lets calls in flight end until the deadline, then ends everything. */
  close(deadlineMs: number): Promise<void>;
}

/**
 * Puts a server together and serves. What was opened is closed again if something fails.
 *
 * @throws StatusError FailedPrecondition for a state in use; Unavailable for an address in use; what else the parts throw.
 */
export async function openServer(config: ServeConfig, { environment, log }: ServerSetting): Promise<RunningServer> {
  await using opened = new AsyncDisposableStack();
  const certificates = readCertificates(config.tls);
  const access = accessOf(config);
  const state = opened.use(await openState(config.state === undefined ? {} : { state: config.state }, "write"));
  const phase: { now: "starting" | "ready" | "draining"; size?: StoreSize } = { now: "starting" };
  let callsInFlight = (): number => 0;
  const metrics = config.metrics.enabled ? createMetrics({ callsInFlight: () => callsInFlight() }) : undefined;
  const { store } = state;
  const blobs = metrics === undefined ? store.blobs : withBlobMetrics(store.blobs, metrics);
  const actionCache = metrics === undefined ? store.actionCache : withActionCacheMetrics(store.actionCache, metrics);
  const measured = (size: StoreSize): void => {
    phase.size = size;
    metrics?.storeMeasured(size);
  };
  opened.use(keepStore(config, store, { log, metrics, measured }));
  const execution = config.execution.enabled ? opened.use(await openExecution(config, state, metrics)) : undefined;

  const sides = { config, access, log, metrics, certificates };
  const services = await createServices({ config, blobs, actionCache, trees: store.trees, execution });
  const { server: grpc, health } = await openGrpc({ ...sides, services });
  opened.defer(() => grpc.close(0));
  callsInFlight = () => grpc.callsInFlight();
  const http = await openHttp({
    ...sides,
    blobs,
    actionCache,
    routes: binaryCacheRoutes(config, state, environment),
    health: () => ({ ready: phase.now === "ready", state: phase.now }),
    status: async () => ({
      state: phase.now,
      addresses: description,
      store: { ...phase.size, maxSizeBytes: config.store.maxSizeBytes },
      callsInFlight: callsInFlight(),
      ...(execution === undefined ? {} : { operations: execution.operations.counts() }),
      uptimeSeconds: Math.round(process.uptime()),
      memoryBytes: process.memoryUsage.rss(),
    }),
  });
  opened.defer(() => http?.close(0));

  const nix = opened.use(await openNix({ config, state, execution, environment, log }));

  const description: ServerDescription = {
    grpc: urlOf(grpc.address, certificates !== undefined),
    ...(http === undefined ? {} : { http: http.url }),
    ...(nix.paths.length === 0 ? {} : { nix: nix.paths.map((path) => `unix://${path}`) }),
    state: state.directory,
    pid: process.pid,
  };
  const { readyFile } = config;
  if (readyFile !== undefined) {
    writeReadyFile(readyFile, description);
    opened.defer(() => removeReadyFile(readyFile));
  }
  phase.now = "ready";
  health.setServing(true);
  const manager = findServiceManager(environment, log);
  manager.ready(`serving on ${description.grpc}`);
  sayWhatIsServed(config, description, log);
  const parts = opened.move();

  return {
    description,
    reload() {
      manager.reloading();
      log.reopen();
      try {
        const fresh = readCertificates(config.tls);
        if (fresh !== undefined) {
          grpc.setCertificates(secureServerOptions(fresh));
          http?.setTls(fresh);
        }
        log.info("reloaded");
      } catch (reason) {
        log.error("the old certificates stay", { reason: StatusError.from(reason).message });
      }
      manager.ready(`serving on ${description.grpc}`);
    },
    async close(deadlineMs) {
      manager.stopping();
      phase.now = "draining";
      health.setServing(false);
      const endMs = performance.now() + deadlineMs;
      // HTTP goes last: until then load balancers and operators can see what goes on.
      await grpc.close(deadlineMs);
      await http?.close(Math.max(0, endMs - performance.now()));
      await parts.disposeAsync();
    },
  };
}

function urlOf(address: string, isSecure: boolean): string {
  return address.startsWith("unix:") ? address : `${isSecure ? "grpcs" : "grpc"}://${address}`;
}

function sayWhatIsServed(config: ServeConfig, description: ServerDescription, log: Log): void {
  const { maxSizeBytes } = config.store;
  log.info(config.execution.enabled ? "serving the store and execution" : "serving the store", {
    ...description,
    limit: maxSizeBytes === undefined ? "none" : formatSize(maxSizeBytes),
    access: hasCredentials(config) ? "by credential" : "everybody",
  });
}

/** Measures the store, and keeps it within its size. */
function keepStore(
  { store: { maxSizeBytes, lowWaterPercent, graceSeconds, checkSeconds } }: ServeConfig,
  store: Store,
  told: { readonly log: Log; readonly metrics: Metrics | undefined; measured(size: StoreSize): void },
): AsyncDisposable {
  const { log, metrics } = told;
  return keepWithinSize({
    store,
    ...(maxSizeBytes === undefined ? {} : { maxSizeBytes }),
    lowWaterPercent,
    graceMs: graceSeconds * 1000,
    checkMs: checkSeconds * 1000,
    onMeasure: (size) => told.measured(size),
    onCollect({ durationMs, removedBytes, sizeBytes, blobs, actions, pathInfos }) {
      metrics?.garbageCollected({ durationMs, removedBytes });
      log.info("collected garbage", {
        freed: formatSize(removedBytes),
        remaining: formatSize(sizeBytes),
        durationMs: Math.round(durationMs),
        blobs,
        actions,
        pathInfos,
      });
      if (maxSizeBytes !== undefined && sizeBytes > maxSizeBytes)
        log.warn("the store is over its size: the rest was used within store.graceSeconds", {
          size: formatSize(sizeBytes),
          limit: formatSize(maxSizeBytes),
        });
    },
    onError: (reason) => log.error("collecting garbage failed", { reason: StatusError.from(reason).message }),
  });
}
