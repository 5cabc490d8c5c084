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
