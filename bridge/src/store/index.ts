export type * from "./action-cache.js";
export type * from "./blob-store.js";
export type * from "./directory-store.js";
export type * from "./path-info-store.js";
export type * from "./store.js";
export type * from "./tree-view.js";
