import type { WorkerStream } from "../worker-stream.js";

/** The two directions of a connection to a daemon. */
export interface ClientStream extends WorkerStream {
  /** Ends it when everything was sent. */
  close(): Promise<void>;
}
