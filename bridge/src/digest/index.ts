export * from "./digest.js";
export * from "./hasher.js";
export { createSizedBlobHasher, type SizedBlobHasher } from "./sized-blob-hasher.js";
