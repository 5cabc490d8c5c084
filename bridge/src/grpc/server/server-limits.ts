import type { ConnectionLimits } from "../http2/create-http2-core.js";

/** What bounds a server. */
export interface ServerLimits extends ConnectionLimits {
  /** Of one message. */
  readonly messageBytesMax: number;
  /** How long a client may be silent within its own stream of requests, and take nothing of an answer. */
  readonly requestIdleMs: number;
}

export const defaultServerLimits: ServerLimits = {
  // A batch of 4 MiB with its digests and frames, and FindMissingBlobs of 100,000 digests (7 MB).
  messageBytesMax: 16 * 2 ** 20,
  // An upload whose client is suspended may go on; one whose client is gone for good is dropped.
  requestIdleMs: 5 * 60_000,
  // At 20 ms of round trip: 400 MB/s for one stream.
  streamWindowBytes: 8 * 2 ** 20,
  connectionWindowBytes: 16 * 2 ** 20,
  // Bazel opens a hundred calls on a connection; more wait on its side.
  streamsMax: 1000,
  // Each idle one costs about 20 KiB.
  connectionsMax: 10_000,
  keepAliveMs: 60_000,
};
