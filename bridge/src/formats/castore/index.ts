export type * from "./node.js";
export { CastoreError, type CastoreErrorKind } from "./error.js";
export { NAME_BYTES_MAX, TARGET_BYTES_MAX, checkName, checkTarget, nameProblem, targetProblem } from "./check.js";
export { encodeDirectory, encodeEntry, directoryDigest } from "./encode.js";
export { decodeDirectory, decodeEntry } from "./decode.js";
export { sizeOf, acceptsSize, type CastoreSizeRule } from "./size.js";
