export * from "./evaluate/derived-path.js";
export * from "./evaluate/instantiate.js";
export * from "./registration/index.js";
export * from "./builtins/index.js";
