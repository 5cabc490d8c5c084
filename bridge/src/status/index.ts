export { Code, codeName } from "./code.js";
export { StatusError, hasCode, type MissingBlobs, type StatusErrorOptions } from "./status-error.js";
