export * from "./bytes/byte-string.js";
export * from "./store-path/store-path.js";
export * from "./castore/index.js";
export type * from "./nar/event.js";
export type * from "./hash/hash.js";
export type * from "./derivation/derivation.js";
export * from "./reapi/index.js";
