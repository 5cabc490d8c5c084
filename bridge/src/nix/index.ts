export * from "./builtins/index.js";
export * from "./evaluate/derived-path.js";
export * from "./evaluate/instantiate.js";
export * from "./path-info-json.js";
export * from "./register-source.js";
export * from "./registration/index.js";
export * from "./source/create-nix-store-source.js";
