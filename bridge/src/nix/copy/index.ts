export { copyClosure, type CopyEvent, type CopyOptions } from "./copy-closure.js";
export { createCacheDestination, type CacheDestinationOptions } from "./create-cache-destination.js";
export { createDaemonDestination, createDaemonSource, type DaemonDestinationOptions } from "./daemon-places.js";
export { packerOf, type Packer } from "./pack.js";
export type { PathDestination } from "./path-destination.js";
export { createStoreDestination, createStoreSource } from "./store-places.js";
