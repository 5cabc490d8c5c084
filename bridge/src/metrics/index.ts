export { createMetrics, type FinishedCall, type Metrics, type StoreMeasure } from "./create-metrics.js";
export { withActionCacheMetrics } from "./with-action-cache-metrics.js";
export { withBlobMetrics } from "./with-blob-metrics.js";
export { withExecutionMetrics } from "./with-execution-metrics.js";
