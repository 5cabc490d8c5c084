export { Code, codeName } from "./code.js";
export {
  FULL_DISK_ADVICE,
  StatusError,
  hasCode,
  type BadRequest,
  type MissingBlobs,
  type RetryAfter,
  type StatusDetail,
  type StatusErrorOptions,
} from "./status-error.js";
