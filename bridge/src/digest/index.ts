export * from "./digest.js";
export * from "./hasher.js";
