export { createBinaryCacheRoutes, type BinaryCacheServerOptions } from "./create-binary-cache-routes.js";
export type { ServedCompression } from "./answer/nar-info.js";
