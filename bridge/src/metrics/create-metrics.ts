import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import { codeName } from "../status/index.js";

/** A gRPC call that has ended. */
export interface FinishedCall {
  /** `/package.Service/Method`, of a method that is served. */
  readonly path: string;
  /** gRPC code. */
  readonly code: number;
  readonly durationMs: number;
  readonly digestFunction?: string;
}

/** What a look at the store found. */
export interface StoreMeasure {
  readonly sizeBytes: number;
  readonly blobs: number;
  readonly actionResults: number;
  readonly pathInfos: number;
}

/** The counters of a server. Each hook costs about a microsecond. */
export interface Metrics {
  /** What `/metrics` says. */
  exposition(): Promise<{ readonly contentType: string; readonly text: string }>;
  callEnded(call: FinishedCall): void;
  requestEnded(request: {
    readonly route: string;
    readonly method: string;
    readonly status: number;
    readonly durationMs: number;
  }): void;
  bytesMoved(direction: "received" | "sent", compressor: string, bytes: number): void;
  blobsAskedFor(asked: number, missing: number): void;
  blobsRead(found: number, missing: number): void;
  actionResultAskedFor(found: boolean): void;
  executionWaits(change: 1 | -1): void;
  executionRuns(change: 1 | -1): void;
  executionStageEnded(stage: "queue" | "input-fetch" | "execution" | "output-upload", durationMs: number): void;
  executionEnded(outcome: "cached" | "succeeded" | "failed" | "error"): void;
  storeMeasured(measure: StoreMeasure): void;
  garbageCollected(run: { readonly durationMs: number; readonly removedBytes: number }): void;
}

/** From a tenth of a millisecond, which a hit in memory takes, to the minutes of a large upload. */
const CALL_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30, 120, 600];
const STAGE_SECONDS = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60, 300, 1800, 7200];
/** The largest batch that clients send has about 10,000 digests. */
const BATCH_SIZES = [1, 4, 16, 64, 256, 1024, 4096, 16384];
const PREFIX = "causeway_";

/** What is asked for its value whenever the metrics are read. */
export interface MetricSources {
  readonly callsInFlight: () => number;
}

/** Creates the counters, with those of the process. */
export function createMetrics(sources: MetricSources): Metrics {
  const registers = [new Registry()];
  const [registry] = registers as [Registry];
  collectDefaultMetrics({ register: registry });
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[] = []): Counter<L> =>
    new Counter({ name: PREFIX + name, help, labelNames, registers });
  const gauge = (name: string, help: string): Gauge => new Gauge({ name: PREFIX + name, help, registers });
  const histogram = <L extends string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: readonly L[] = [],
  ): Histogram<L> => new Histogram({ name: PREFIX + name, help, buckets, labelNames, registers });

  const calls = histogram("grpc_call_duration_seconds", "Duration of gRPC calls.", CALL_SECONDS, [
    "method",
    "code",
    "digest_function",
  ]);
  new Gauge({
    name: `${PREFIX}grpc_calls_in_flight`,
    help: "gRPC calls that have not ended.",
    registers,
    collect() {
      this.set(sources.callsInFlight());
    },
  });
  const requests = histogram("http_request_duration_seconds", "Duration of HTTP requests.", CALL_SECONDS, [
    "route",
    "method",
    "status",
  ]);
  const bytes = counter("transferred_bytes_total", "Payload bytes by direction and compressor, as on the wire.", [
    "direction",
    "compressor",
  ]);
  const batches = histogram("find_missing_batch_size", "Digests in one question for missing blobs.", BATCH_SIZES);
  const lookups = counter("blob_lookups_total", "Blobs that were asked for, by whether they were there.", [
    "operation",
    "result",
  ]);
  const results = counter("action_cache_lookups_total", "Action results that were asked for.", ["result"]);
  const waiting = gauge("execution_queue_length", "Executions that wait for a slot.");
  const running = gauge("executions_running", "Executions that have a slot.");
  const stages = histogram("execution_stage_duration_seconds", "Stages of executed actions.", STAGE_SECONDS, ["stage"]);
  const outcomes = counter("executions_total", "Executions that have ended, by outcome.", ["outcome"]);
  const storeBytes = gauge("store_size_bytes", "Contents and messages that the store holds, as last measured.");
  const storeItems = new Gauge({
    name: `${PREFIX}store_items`,
    help: "Entries of the store, as last measured.",
    labelNames: ["kind"],
    registers,
  });
  const gcSeconds = histogram("gc_duration_seconds", "Collections of garbage.", STAGE_SECONDS);
  const gcBytes = counter("gc_removed_bytes_total", "Bytes that collections have removed.");

  function lookedUp(operation: "find" | "read", hits: number, misses: number): void {
    if (hits > 0) lookups.inc({ operation, result: "hit" }, hits);
    if (misses > 0) lookups.inc({ operation, result: "miss" }, misses);
  }

  return {
    exposition: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
    callEnded({ path, code, durationMs, digestFunction = "" }) {
      calls.observe({ method: path, code: codeName(code), digest_function: digestFunction }, durationMs / 1000);
    },
    requestEnded({ route, method, status, durationMs }) {
      requests.observe({ route, method: knownMethod(method), status: String(status) }, durationMs / 1000);
    },
    bytesMoved: (direction, compressor, count) => bytes.inc({ direction, compressor }, count),
    blobsAskedFor(asked, missing) {
      batches.observe(asked);
      lookedUp("find", asked - missing, missing);
    },
    blobsRead: (isThere, missing) => lookedUp("read", isThere, missing),
    actionResultAskedFor: (isThere) => results.inc({ result: isThere ? "hit" : "miss" }),
    executionWaits: (change) => waiting.inc(change),
    executionRuns: (change) => running.inc(change),
    executionStageEnded: (stage, durationMs) => stages.observe({ stage }, durationMs / 1000),
    executionEnded: (outcome) => outcomes.inc({ outcome }),
    storeMeasured({ sizeBytes, blobs, actionResults, pathInfos }) {
      storeBytes.set(sizeBytes);
      storeItems.set({ kind: "blobs" }, blobs);
      storeItems.set({ kind: "action_results" }, actionResults);
      storeItems.set({ kind: "path_infos" }, pathInfos);
    },
    garbageCollected({ durationMs, removedBytes }) {
      gcSeconds.observe(durationMs / 1000);
      gcBytes.inc(removedBytes);
    },
  };
}

/** A client may invent methods, and each would be a series for ever. */
function knownMethod(method: string): string {
  return ["GET", "HEAD", "PUT"].includes(method) ? method : "other";
}
