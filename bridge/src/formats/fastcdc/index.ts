export { createChunker, type Chunker } from "./chunker.js";
export { reapiChunking, tvixChunking, type FastCdcParams } from "./params.js";
