export * from "./execution.js";
export {
  createLogStreams,
  defaultLogStreamLimits,
  isLogStreamName,
  parentOfLogStream,
  type CreatedLogStream,
  type LogStreamLimits,
  type LogStreams,
  type LogWriter,
} from "./log-streams.js";
export {
  createOperations,
  defaultOperationLimits,
  type ListOptions,
  type Operation,
  type OperationLimits,
  type OperationPage,
  type OperationState,
  type Operations,
  type OperationsOptions,
} from "./operations.js";
