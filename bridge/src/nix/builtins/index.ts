export { createBuiltins, type BuiltinsOptions } from "./create-builtins.js";
export type { FetchUrlSettings } from "./fetch-url.js";
