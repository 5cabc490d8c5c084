export type * from "./event.js";
export { NarError } from "./error.js";
export { NarEncoder, encodeNar } from "./encode.js";
export { NarDecoder, type NarDecoderOptions } from "./decoder.js";
export { NAR_DEPTH_MAX } from "./tokens.js";
export {
  NAR_DIRECTORY_BYTES,
  NAR_DIRECTORY_OPENING_BYTES,
  NAR_ROOT_BYTES,
  narEntryBytes,
  narEntryOpeningBytes,
  narFileBytes,
  narFileOpeningBytes,
  narSizeOf,
  narSymlinkBytes,
} from "./size.js";
export { createNarIndex, type NarIndex, type NarSegment, type NarTree, type NarTreeEntry } from "./nar-index.js";
