export * from "./evaluate/derived-path.js";
export * from "./evaluate/instantiate.js";
