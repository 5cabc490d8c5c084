export { configurationDocument } from "./documentation.js";
export { hasCredentials } from "./contradictions.js";
export { readServeConfig, type ConfigSources, type ReadServeConfig } from "./read-serve-config.js";
export type { ClusterConfig } from "./clusters-schema.js";
export type { ServeConfig } from "./schema.js";
