export * from "./attributes.js";
export * from "./derivation-options.js";
export * from "./dump-json.js";
export * from "./json-value.js";
export * from "./output-checks.js";
