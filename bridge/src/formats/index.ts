export * from "./bytes/byte-string.js";
export * from "./store-path/store-path.js";
export type * from "./castore/node.js";
export type * from "./nar/event.js";
export type * from "./hash/hash.js";
export type * from "./derivation/derivation.js";
export type * from "./reapi/messages.js";
