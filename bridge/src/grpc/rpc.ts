import type { Caller } from "../access/caller.js";

/*
 * What a gRPC service looks like to the rest of this room: plain functions over messages, `async *` where something streams. Only
 * `server/` and `client/` know the RPC library.
 */

/** Turns messages of one type into bytes and back. What is written and what is read may differ in type, as generated types do. */
export interface Codec<In, Out = In> {
  encode(message: In): Uint8Array;
  /** The same in pieces, without copying what is large. */
  encodeParts?(message: In): readonly Uint8Array[];
  /** @throws Error of any kind for malformed bytes; the caller sees InvalidArgument. */
  decode(bytes: Buffer): Out;
}

/** Which side of a call streams. */
export type MethodKind = "unary" | "server-stream" | "client-stream" | "bidirectional";

/**
 * One RPC. Both ends use the same value: a server decodes requests and encodes responses, a client the reverse.
 * Codecs of hot methods are written by hand over `formats/wire`; the others come from the `.proto` files.
 */
export interface Method<ReqIn, ReqOut, ResIn, ResOut, Kind extends MethodKind = MethodKind> {
  readonly kind: Kind;
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly request: Codec<ReqIn, ReqOut>;
  readonly response: Codec<ResIn, ResOut>;
}

/** What a handler learns about its call beside the request. */
export interface CallContext {
  /** Aborts when the client cancels or vanishes, or its deadline passes. */
  readonly signal: AbortSignal;
  /** Who calls, and what they may do. */
  readonly caller: Caller;
  /** The first value of an ASCII header, by its lower-case name. */
  header(name: string): string | undefined;
  /** The first value of a binary header (its name ends in `-bin`). */
  binaryHeader(name: string): Buffer | undefined;
  /** Words for the metrics of this call, known only to its handler. */
  label(labels: { readonly digestFunction?: string; readonly compressor?: string }): void;
  /** Counts payload bytes by compressor, for the metrics. */
  countBytes(direction: "received" | "sent", compressor: string, bytes: number): void;
}

/** Thrown errors become the call's status: a `StatusError` keeps its code, message and details; anything else is Internal. */
export type Handler<ReqOut, ResIn, Kind extends MethodKind> = Kind extends "unary"
  ? (request: ReqOut, call: CallContext) => Promise<ResIn>
  : Kind extends "server-stream"
    ? (request: ReqOut, call: CallContext) => AsyncIterable<ResIn>
    : Kind extends "client-stream"
      ? // Returning early ends the call well, whatever the client still sends.
        (requests: AsyncIterable<ReqOut>, call: CallContext) => Promise<ResIn>
      : (requests: AsyncIterable<ReqOut>, call: CallContext) => AsyncIterable<ResIn>;

/** A method with what answers it. Its types are checked by {@link bind} and then forgotten. */
export interface BoundMethod {
  readonly method: Method<unknown, unknown, unknown, unknown>;
  readonly handler: (request: never, call: CallContext) => unknown;
}

/** A service: its methods with their handlers. */
export type Service = readonly BoundMethod[];

/** Joins a method with what answers it. */
export function bind<ReqIn, ReqOut, ResIn, ResOut, Kind extends MethodKind>(
  method: Method<ReqIn, ReqOut, ResIn, ResOut, Kind>,
  handler: Handler<ReqOut, ResIn, Kind>,
): BoundMethod {
  return { method: method, handler: handler as BoundMethod["handler"] };
}
