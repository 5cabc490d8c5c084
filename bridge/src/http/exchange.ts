import type { IncomingMessage, ServerResponse } from "node:http";
import type { Caller } from "../access/index.js";

/** One request and its answer. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Without query; percent escapes are decoded. Begins with `/`. */
  readonly path: string;
  readonly caller: Caller;
  /** Aborts when the client goes away before it has its answer. */
  readonly signal: AbortSignal;
  /**
   * The body as it comes, read once. A client that asks first (`Expect: 100-continue`) is told to go on when this is called, so what can be
   * refused without the body is to be refused before.
   */
  body(): AsyncIterable<Uint8Array>;
  /** Counts payload bytes, for the metrics. */
  countBytes(direction: "received" | "sent", compressor: string, bytes: number): void;
}

/** What answers some of the paths. */
export interface Route {
  /** For logs and metrics. */
  readonly name: string;
  readonly methods: readonly string[];
  matches(path: string): boolean;
  /** Thrown errors become the answer: a `StatusError` the status that its code means, anything else 500. */
  handle(exchange: Exchange): Promise<void>;
}
