export * from "./evaluate/derived-path.js";
export * from "./evaluate/instantiate.js";
export * from "./source/create-nix-store-source.js";
export * from "./registration/index.js";
