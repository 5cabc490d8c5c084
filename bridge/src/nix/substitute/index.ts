export { outputSubstituter } from "./output-substituter.js";
export { httpFilesOptions, openCache, openSubstituter, type OpenSubstituterOptions } from "./open-substituter.js";
export type * from "./substituter.js";
export { quietly, type SubstitutionListener } from "./substitution-listener.js";
export { withSubstitution } from "./with-substitution.js";
export { createBinaryCache, type BinaryCache, type BinaryCacheOptions } from "./cache/create-binary-cache.js";
export { isCacheUrl, openCacheFiles, type CacheLocation, type OpenCacheOptions } from "./cache/open-binary-cache.js";
export type { Offer, PathSource } from "./path-source.js";
