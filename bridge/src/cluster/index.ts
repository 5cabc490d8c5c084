export { connectCluster, type ClusterConnection, type ClusterOptions } from "./connect-cluster.js";
export { chooseDigestFunction, type ClusterCapabilities } from "./capabilities.js";
export {
  createClusterExecution,
  type ClusterExecution,
  type ClusterExecutionParts,
} from "./create-cluster-execution.js";
export type { InputUploader } from "./input-uploader.js";
export type { Sent } from "./upload-blobs.js";
export { defaultRetryLimits, type RetryLimits } from "./retry.js";
export { probeCluster, type ProbeOptions } from "./probe/probe-cluster.js";
export { parseVerdict, VERDICT_MAX_AGE_MS, type Attempt, type Verdict } from "./probe/verdict.js";
