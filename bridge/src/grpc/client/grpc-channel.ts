import type { Method } from "../rpc.js";

/** Bounds and cancels one call. */
export interface ChannelCallOptions {
  readonly signal?: AbortSignal;
  /** From now. Every call has one: {@link ChannelOptions.deadlineMs} unless said. */
  readonly deadlineMs?: number;
  /** ASCII headers by lower-case name; those that end in `-bin` hold bytes. */
  readonly headers?: Readonly<Record<string, string | Uint8Array>>;
}

/** How to reach a server. */
export interface ChannelOptions {
  /** In PEM. Without: no encryption for `grpc://`, the machine's authorities for `grpcs://`. */
  readonly tls?: { readonly ca?: Buffer; readonly key?: Buffer; readonly cert?: Buffer };
  /** Sent with every call. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Of calls that say nothing else. Default one minute. */
  readonly deadlineMs?: number;
  /** Of one message either way. Default 16 MiB. */
  readonly messageBytesMax?: number;
  /** How many connections carry the calls, in turn. Default 1. */
  readonly connections?: number;
}

/**
 * A server, as a client sees it. Errors are `StatusError`s with the server's code, message and details; what the client library says
 * itself (Unavailable, DeadlineExceeded, Cancelled) has the same form.
 */
export interface GrpcChannel extends AsyncDisposable {
  /** `grpc://host:port` as given. */
  readonly address: string;
  unary<ReqIn, ReqOut, ResIn, ResOut>(
    method: Method<ReqIn, ReqOut, ResIn, ResOut, "unary">,
    request: ReqIn,
    options?: ChannelCallOptions,
  ): Promise<ResOut>;
  /** Leaving the iteration cancels the call. */
  serverStream<ReqIn, ReqOut, ResIn, ResOut>(
    method: Method<ReqIn, ReqOut, ResIn, ResOut, "server-stream">,
    request: ReqIn,
    options?: ChannelCallOptions,
  ): AsyncIterable<ResOut>;
  /** Consumes `requests` once, as fast as the server takes them; closes it when the server answers before its end. */
  clientStream<ReqIn, ReqOut, ResIn, ResOut>(
    method: Method<ReqIn, ReqOut, ResIn, ResOut, "client-stream">,
    requests: AsyncIterable<ReqIn>,
    options?: ChannelCallOptions,
  ): Promise<ResOut>;
}
