export * from "./digest.js";
export * from "./hash-words.js";
export * from "./hasher.js";
export { createSizedBlobHasher, isHashedInBackground, type SizedBlobHasher } from "./sized-blob-hasher.js";
export { startHashThread, PIECE_BYTES } from "./hash-thread.js";
export { createPieceHasher, type PieceHasher } from "./piece-hasher.js";
