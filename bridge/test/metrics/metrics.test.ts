import { describe, expect, it } from "vitest";
import { digestBytes } from "#src/digest/index.js";
import type { ExecuteResponse, Execution, ExecutionEvent } from "#src/execution/index.js";
import {
  createMetrics,
  withActionCacheMetrics,
  withBlobMetrics,
  withExecutionMetrics,
  type Metrics,
} from "#src/metrics/index.js";
import { Code, StatusError } from "#src/status/index.js";
import { createMemoryStore } from "#src/store/index.js";

/** The samples whose names begin so, by name and labels. */
async function samples(metrics: Metrics, prefix: string): Promise<Record<string, number>> {
  const { text } = await metrics.exposition();
  const lines = text.split("\n").filter((line) => line.startsWith(prefix));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]),
  );
}

const create = (): Metrics => createMetrics({ callsInFlight: () => 3 });

describe("the metrics", () => {
  it("show calls by method, code and digest function", async () => {
    const metrics = create();
    metrics.callEnded({ path: "/a.B/C", code: Code.Ok, durationMs: 3, digestFunction: "blake3" });
    metrics.callEnded({ path: "/a.B/C", code: Code.NotFound, durationMs: 700 });
    const found = await samples(metrics, "causeway_grpc");
    const labels = 'method="/a.B/C",code="Ok",digest_function="blake3"';
    expect(found[`causeway_grpc_call_duration_seconds_count{${labels}}`]).toBe(1);
    expect(found[`causeway_grpc_call_duration_seconds_sum{${labels}}`]).toBe(0.003);
    expect(found[`causeway_grpc_call_duration_seconds_bucket{le="0.0025",${labels}}`]).toBe(0);
    expect(found[`causeway_grpc_call_duration_seconds_bucket{le="0.005",${labels}}`]).toBe(1);
    expect(found['causeway_grpc_call_duration_seconds_count{method="/a.B/C",code="NotFound",digest_function=""}']).toBe(
      1,
    );
    expect(found["causeway_grpc_calls_in_flight"]).toBe(3);
  });

  it("do not grow with what clients invent", async () => {
    const metrics = create();
    for (let i = 0; i < 50; i++)
      metrics.requestEnded({ route: "none", method: `VERB${i}`, status: 405, durationMs: 1 });
    const found = await samples(metrics, "causeway_http_request_duration_seconds_count");
    expect(found).toEqual({
      'causeway_http_request_duration_seconds_count{route="none",method="other",status="405"}': 50,
    });
  });

  it("are of Prometheus's text format, with those of the process", async () => {
    const { contentType, text } = await create().exposition();
    expect(contentType).toMatch(/^text\/plain; version=/);
    expect(text).toContain("process_resident_memory_bytes");
    for (const line of text.split("\n").filter((each) => each !== "" && !each.startsWith("#")))
      expect(line).toMatch(/^[a-z_:][\w:]*(\{.*\})? -?(\d|Nan|\+Inf)/i);
  });

  it("belong to one server: a second one begins at nothing", async () => {
    create().bytesMoved("sent", "zstd", 10);
    const second = create();
    second.bytesMoved("received", "identity", 5);
    expect(await samples(second, "causeway_transferred")).toEqual({
      'causeway_transferred_bytes_total{direction="received",compressor="identity"}': 5,
    });
  });

  it("show the store and its collections", async () => {
    const metrics = create();
    metrics.storeMeasured({ sizeBytes: 100, blobs: 4, actionResults: 2, pathInfos: 1 });
    metrics.garbageCollected({ durationMs: 50, removedBytes: 30 });
    expect(await samples(metrics, "causeway_store")).toEqual({
      causeway_store_size_bytes: 100,
      'causeway_store_items{kind="blobs"}': 4,
      'causeway_store_items{kind="action_results"}': 2,
      'causeway_store_items{kind="path_infos"}': 1,
    });
    expect((await samples(metrics, "causeway_gc"))["causeway_gc_removed_bytes_total"]).toBe(30);
  });
});

describe("a counted store", () => {
  it("counts what is there and what is not", async () => {
    const metrics = create();
    await using store = createMemoryStore();
    const blobs = withBlobMetrics(store.blobs, metrics);
    const [here, absent] = ["here", "absent"].map((text) => digestBytes("sha256", Buffer.from(text))) as [
      ReturnType<typeof digestBytes>,
      ReturnType<typeof digestBytes>,
    ];
    await blobs.writeMany([{ bytes: Buffer.from("here") }]);
    expect(await blobs.findMissing([here, absent])).toEqual([absent]);
    expect((await blobs.readMany([here, absent])).map((bytes) => bytes?.byteLength)).toEqual([4, undefined]);
    expect(Buffer.concat(await Array.fromAsync(blobs.read(here))).toString()).toBe("here");
    await expect(Array.fromAsync(blobs.read(absent))).rejects.toMatchObject({ code: Code.NotFound });
    expect(blobs.localFile(here)).toBeUndefined();
    expect(await samples(metrics, "causeway_blob_lookups")).toEqual({
      'causeway_blob_lookups_total{operation="find",result="hit"}': 1,
      'causeway_blob_lookups_total{operation="find",result="miss"}': 1,
      'causeway_blob_lookups_total{operation="read",result="hit"}': 2,
      'causeway_blob_lookups_total{operation="read",result="miss"}': 2,
    });
    expect((await samples(metrics, "causeway_find_missing"))["causeway_find_missing_batch_size_sum"]).toBe(2);
  });

  it("counts cached results", async () => {
    const metrics = create();
    await using store = createMemoryStore();
    const actionCache = withActionCacheMetrics(store.actionCache, metrics);
    const action = digestBytes("sha256", Buffer.from("action"));
    await actionCache.get(action);
    await actionCache.put(action, Buffer.from([0x20, 0x01]));
    await actionCache.get(action);
    expect(await samples(metrics, "causeway_action_cache")).toEqual({
      'causeway_action_cache_lookups_total{result="miss"}': 1,
      'causeway_action_cache_lookups_total{result="hit"}': 1,
    });
  });
});

describe("a counted execution", () => {
  const request = { actionDigest: digestBytes("sha256", Buffer.from("action")) };
  const result = {
    outputFiles: [],
    outputDirectories: [],
    outputSymlinks: [],
    exitCode: 0,
    metadata: {
      queuedMs: 1_000,
      workerStartMs: 3_000,
      inputFetchStartMs: 3_000,
      inputFetchCompletedMs: 3_500,
      executionStartMs: 3_500,
      executionCompletedMs: 10_500,
    },
  };

  /** Emits what the test hands it, and waits between for the test to look. */
  function scripted(events: readonly ExecutionEvent[], look: () => Promise<void>): Execution {
    return {
      async *execute() {
        for (const event of events) {
          yield event;
          await look();
        }
      },
    };
  }

  const done = (response: Partial<ExecuteResponse>): ExecutionEvent => ({
    type: "done",
    response: { cachedResult: false, ...response },
  });

  it("shows who waits, who runs, and how long each stage took", async () => {
    const metrics = create();
    const seen: [number, number][] = [];
    const execution = scripted(
      [
        { type: "stage", stage: "cache-check" },
        { type: "stage", stage: "queued" },
        { type: "stage", stage: "executing" },
        done({ result }),
      ],
      async () => {
        const gauges = {
          ...(await samples(metrics, "causeway_execution_queue")),
          ...(await samples(metrics, "causeway_executions_running")),
        };
        seen.push([gauges["causeway_execution_queue_length"]!, gauges["causeway_executions_running"]!]);
      },
    );
    const counted = withExecutionMetrics(execution, metrics);
    await Array.fromAsync(counted.execute(request));
    expect(seen).toEqual([
      [0, 0],
      [1, 0],
      [0, 1],
      [0, 1],
    ]);
    await Array.fromAsync(counted.execute(request)); // Another waiter of the same result.
    expect(await samples(metrics, "causeway_executions_total")).toEqual({
      'causeway_executions_total{outcome="succeeded"}': 2,
    });
    const sums = await samples(metrics, "causeway_execution_stage_duration_seconds_sum");
    expect(sums).toEqual({
      'causeway_execution_stage_duration_seconds_sum{stage="queue"}': 2,
      'causeway_execution_stage_duration_seconds_sum{stage="input-fetch"}': 0.5,
      'causeway_execution_stage_duration_seconds_sum{stage="execution"}': 7,
    });
  });

  it("tells outcomes apart, and leaves no count behind when a waiter goes", async () => {
    const metrics = create();
    const outcomes = [
      done({ result, cachedResult: true }),
      done({ result: { ...result, exitCode: 1 } }),
      done({ status: new StatusError(Code.DeadlineExceeded, "too slow") }),
    ];
    for (const event of outcomes)
      await Array.fromAsync(
        withExecutionMetrics(
          scripted([event], async () => undefined),
          metrics,
        ).execute(request),
      );
    const waiting = withExecutionMetrics(
      scripted([{ type: "stage", stage: "queued" }], async () => undefined),
      metrics,
    );
    for await (const event of waiting.execute(request)) if (event.type === "stage") break;
    expect(await samples(metrics, "causeway_executions_total")).toEqual({
      'causeway_executions_total{outcome="cached"}': 1,
      'causeway_executions_total{outcome="failed"}': 1,
      'causeway_executions_total{outcome="error"}': 1,
    });
    expect(await samples(metrics, "causeway_execution_queue")).toEqual({ causeway_execution_queue_length: 0 });
  });
});
