import type { ServeConfig } from "@causeway/bridge/config/serve";
import { createMetrics, type Metrics } from "@causeway/bridge/metrics";
import { StatusError } from "@causeway/bridge/status";
import { keepWithinSize, type StoreSize } from "@causeway/bridge/store";
import { formatSize } from "../../sizes.js";
import { openState, type OpenState } from "../state.js";
import { createAccess } from "./access.js";
import { findServiceManager } from "./notify-systemd.js";
import { openExecution } from "./open-execution.js";
import { openGrpc } from "./open-grpc.js";
import { openHttp } from "./open-http.js";
import type { Log } from "./open-log.js";
import { readCertificates } from "./read-certificates.js";
import { removeReadyFile, writeReadyFile } from "./ready-file.js";

/** What the outside gives a server. */
export interface ServerSetting {
  readonly environment: NodeJS.ProcessEnv;
  readonly log: Log;
}

/** Where a server is reached. */
export interface ServerDescription {
  /** `grpc://HOST:PORT`, or `grpcs://…`. */
  readonly grpc: string;
  readonly http?: string;
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
  const access = createAccess(config);
  const state = opened.use(await openState(config.state === undefined ? {} : { state: config.state }, "write"));
  const measured: { size?: StoreSize } = {};
  let callsInFlight = (): number => 0;
  const metrics = config.metrics.enabled ? createMetrics({ callsInFlight: () => callsInFlight() }) : undefined;
  opened.use(keepStore(config, state, log, (size) => {
    measured.size = size;
    metrics?.storeMeasured(size);
  }, metrics));
  const execution = config.execution.enabled ? opened.use(await openExecution(config, state, metrics)) : undefined;
  const parts = { config, store: state.store, access, log, ...defined({ certificates, metrics, execution }) };
  const grpc = await openGrpc(parts);
  opened.defer(() => grpc.close(0));
  callsInFlight = () => grpc.callsInFlight();
  const health = { draining: false };
  const http = await openHttp({ ...parts, health, measured, grpc: grpc.address });
  opened.defer(() => http?.close(0));

  const description: ServerDescription = {
    grpc: `${certificates === undefined ? "grpc" : "grpcs"}://${grpc.address}`,
    ...(http === undefined ? {} : { http: http.url }),
    state: state.directory,
    pid: process.pid,
  };
  if (config.readyFile !== undefined) writeReadyFile(config.readyFile, description);
  const manager = findServiceManager(environment, log);
  const { maxSizeBytes } = config.store;
  log.info(`serving ${execution === undefined ? "the store" : "the store and execution"}`, {
    ...description,
    limit: maxSizeBytes === undefined ? "none" : formatSize(maxSizeBytes),
  });
  manager.ready(`serving on ${description.grpc}`);
  const parting = opened.move();

  return {
    description,
    reload() {
      manager.reloading();
      log.reopen();
      try {
        const fresh = readCertificates(config.tls);
        if (fresh !== undefined) {
          grpc.setCertificates(fresh);
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
      health.draining = true;
      if (config.readyFile !== undefined) removeReadyFile(config.readyFile);
      await Promise.all([grpc.close(deadlineMs), http?.close(deadlineMs)]);
      await parting.disposeAsync();
    },
  };
}

/** Measures the store, and keeps it within its size. */
function keepStore(
  { store: { maxSizeBytes, lowWaterPercent, graceSeconds, checkSeconds } }: ServeConfig,
  { store }: OpenState,
  log: Log,
  onMeasure: (size: StoreSize) => void,
  metrics: Metrics | undefined,
): AsyncDisposable {
  return keepWithinSize({
    store,
    ...(maxSizeBytes === undefined ? {} : { maxSizeBytes }),
    lowWaterPercent,
    graceMs: graceSeconds * 1000,
    checkMs: checkSeconds * 1000,
    onMeasure,
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

/** Without the parts that are not there. */
function defined<Parts extends object>(parts: Parts): { [Name in keyof Parts]?: NonNullable<Parts[Name]> } {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as never;
}
