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
