import type { ExecuteResponse, Execution, ExecutionEvent } from "../execution/index.js";
import type { Metrics } from "./create-metrics.js";

/** Counts what passes through an Execution service. Of equal actions that were merged, each waiter counts, but their stages once. */
export function withExecutionMetrics(execution: Execution, metrics: Metrics): Execution {
  const counted = new WeakSet<object>();

  function ended({ result, status, cachedResult }: ExecuteResponse): void {
    if (cachedResult) {
      metrics.executionEnded("cached");
      return;
    }
    metrics.executionEnded(status !== undefined ? "error" : result?.exitCode === 0 ? "succeeded" : "failed");
    const metadata = result?.metadata;
    if (result === undefined || metadata === undefined || counted.has(result)) return;
    counted.add(result);
    const { queuedMs, workerStartMs, inputFetchStartMs, inputFetchCompletedMs } = metadata;
    observe("queue", queuedMs, workerStartMs);
    observe("input-fetch", inputFetchStartMs, inputFetchCompletedMs);
    observe("execution", metadata.executionStartMs, metadata.executionCompletedMs);
    observe("output-upload", metadata.outputUploadStartMs, metadata.outputUploadCompletedMs);
  }

  function observe(
    stage: Parameters<Metrics["executionStageEnded"]>[0],
    startMs: number | undefined,
    endMs: number | undefined,
  ): void {
    if (startMs !== undefined && endMs !== undefined) metrics.executionStageEnded(stage, Math.max(0, endMs - startMs));
  }

  async function* watch(events: AsyncIterable<ExecutionEvent>): AsyncGenerator<ExecutionEvent, void, undefined> {
    let leave = (): void => undefined;
    try {
      for await (const event of events) {
        if (event.type === "stage") {
          leave();
          leave = enter(event.stage);
        } else if (event.type === "done") ended(event.response);
        yield event;
      }
    } finally {
      leave();
    }
  }

  function enter(stage: "cache-check" | "queued" | "executing"): () => void {
    if (stage === "cache-check") return () => undefined;
    const waits = stage === "queued";
    const count = (change: 1 | -1): void => (waits ? metrics.executionWaits(change) : metrics.executionRuns(change));
    count(1);
    return () => count(-1);
  }

  return { execute: (request, options) => watch(execution.execute(request, options)) };
}
