export { Code, codeName } from "./code.js";
export { FULL_DISK_ADVICE, StatusError, hasCode, type MissingBlobs, type StatusErrorOptions } from "./status-error.js";
