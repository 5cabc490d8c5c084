export * from "./attributes.js";
export * from "./derivation-options.js";
export * from "./json-guards.js";
export * from "./output-checks.js";
