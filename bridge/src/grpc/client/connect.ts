import { once } from "node:events";
import type { Client, Metadata, ServiceError } from "@grpc/grpc-js";
import { Code, StatusError } from "../../status/index.js";
import { createLatch } from "../../store/latch.js";
import type { Codec, Method } from "../rpc.js";
import { codeOf, decodeStatus } from "../status-details.js";
import type { ChannelCallOptions, ChannelOptions, GrpcChannel } from "./grpc-channel.js";

const DEADLINE_MS = 60_000;
const MESSAGE_BYTES_MAX = 16 * 2 ** 20;
/** What a server may send before we have read it: at 20 ms of round trip 400 MB/s for one stream. */
const WINDOW_BYTES = 8 * 2 ** 20;
/** A connection without any call is asked for a sign of life so often. */
const KEEPALIVE_MS = 60_000;
/** Between tries to connect, at first and at most: who calls waits as well, and a server that is back must not be away for us for minutes. */
const RECONNECT_MS = 100;
const RECONNECT_MS_MAX = 5_000;

type Library = typeof import("@grpc/grpc-js");

/**
 * Opens a channel. Connections are made when the first calls need them, and again when they were lost.
 *
 * @param address - `grpc://host:port`, `grpcs://host:port`, `unix:/path`, or `host:port`.
 * @throws StatusError InvalidArgument for an address that is none.
 */
export async function connect(address: string, options: ChannelOptions = {}): Promise<GrpcChannel> {
  const library = await import("@grpc/grpc-js");
  const { target, isSecure } = parseAddress(address);
  const clients = Array.from({ length: options.connections ?? 1 }, () =>
    makeClient(library, target, isSecure, options),
  );
  let turn = 0;
  const next = (): Client => clients[turn++ % clients.length]!;

  function prepare(callOptions: ChannelCallOptions): { metadata: Metadata; deadline: number } {
    const metadata = new library.Metadata();
    for (const [name, value] of Object.entries({ ...options.headers, ...callOptions.headers }))
      metadata.set(name, typeof value === "string" ? value : Buffer.from(value));
    return { metadata, deadline: Date.now() + (callOptions.deadlineMs ?? options.deadlineMs ?? DEADLINE_MS) };
  }

  return {
    address,
    unary(method, request, callOptions = {}) {
      const { metadata, deadline } = prepare(callOptions);
      return new Promise((resolve, reject) => {
        const call = next().makeUnaryRequest(
          method.path,
          ...codecs(method),
          request,
          metadata,
          { deadline },
          (error, response) => {
            unlink();
            if (error === null) resolve(response!);
            else reject(statusOf(error, callOptions.signal));
          },
        );
        const unlink = cancelOn(callOptions.signal, call);
      });
    },
    async *serverStream<ReqIn, ReqOut, ResIn, ResOut>(
      method: Method<ReqIn, ReqOut, ResIn, ResOut, "server-stream">,
      request: ReqIn,
      callOptions: ChannelCallOptions = {},
    ) {
      const { metadata, deadline } = prepare(callOptions);
      const call = next().makeServerStreamRequest(method.path, ...codecs(method), request, metadata, { deadline });
      const unlink = cancelOn(callOptions.signal, call);
      try {
        yield* call as AsyncIterable<ResOut>;
      } catch (error) {
        throw statusOf(error, callOptions.signal);
      } finally {
        unlink();
        call.on("error", () => undefined).cancel();
      }
    },
    async clientStream<ReqIn, ReqOut, ResIn, ResOut>(
      method: Method<ReqIn, ReqOut, ResIn, ResOut, "client-stream">,
      requests: AsyncIterable<ReqIn>,
      callOptions: ChannelCallOptions = {},
    ) {
      const { metadata, deadline } = prepare(callOptions);
      const answer = Promise.withResolvers<ResOut>();
      const answered = createLatch();
      const call = next().makeClientStreamRequest(
        method.path,
        ...codecs(method),
        metadata,
        { deadline },
        (error, response) => {
          if (error === null) answer.resolve(response!);
          else answer.reject(statusOf(error, callOptions.signal));
          answered.open();
        },
      );
      answer.promise.catch(() => undefined); // Whoever waits is told.
      const unlink = cancelOn(callOptions.signal, call);
      const iterator = requests[Symbol.asyncIterator]();
      let isPending = false;
      try {
        for (;;) {
          isPending = true;
          const step = await answered.orOpen(iterator.next());
          if (step === undefined) break;
          isPending = false;
          if (step.done === true) break;
          if (!call.write(step.value)) await answered.orOpen(once(call, "drain"));
        }
        call.end();
        return await answer.promise;
      } catch (error) {
        call.cancel();
        throw error;
      } finally {
        unlink();
        // Not awaited while a piece is: a generator that hangs in `next` would not return before that ends.
        const closing = iterator.return?.();
        if (isPending) closing?.catch(() => undefined);
        else await closing;
      }
    },
    [Symbol.asyncDispose]() {
      for (const client of clients) client.close();
      return Promise.resolve();
    },
  };
}

function makeClient(library: Library, target: string, isSecure: boolean, options: ChannelOptions): Client {
  const { tls, messageBytesMax = MESSAGE_BYTES_MAX } = options;
  const credentials = isSecure
    ? library.credentials.createSsl(tls?.ca ?? null, tls?.key ?? null, tls?.cert ?? null)
    : library.credentials.createInsecure();
  return new library.Client(target, credentials, {
    "grpc.max_receive_message_length": messageBytesMax,
    "grpc.max_send_message_length": messageBytesMax,
    "grpc-node.flow_control_window": WINDOW_BYTES,
    "grpc.keepalive_time_ms": KEEPALIVE_MS,
    "grpc.initial_reconnect_backoff_ms": RECONNECT_MS,
    "grpc.max_reconnect_backoff_ms": RECONNECT_MS_MAX,
    // Each of our connections is a connection.
    "grpc.use_local_subchannel_pool": 1,
    // Whoever calls decides what is worth trying again.
    "grpc.enable_retries": 0,
  });
}

function parseAddress(address: string): { target: string; isSecure: boolean } {
  const match = /^(?:(grpcs?):\/\/)?([^/\s]+:[0-9]+)\/?$/.exec(address);
  if (match !== null) return { target: match[2]!, isSecure: match[1] === "grpcs" };
  if (address.startsWith("unix:")) return { target: address, isSecure: false };
  throw new StatusError(
    Code.InvalidArgument,
    `'${address}' is no address; it looks like grpc://host:port, grpcs://host:port or unix:/path`,
  );
}

function codecs<ReqIn, ReqOut, ResIn, ResOut>(
  method: Method<ReqIn, ReqOut, ResIn, ResOut>,
): [(request: ReqIn) => Buffer, (bytes: Buffer) => ResOut] {
  const { request, response }: { request: Codec<ReqIn, ReqOut>; response: Codec<ResIn, ResOut> } = method;
  return [
    (message) => {
      const bytes = request.encode(message);
      return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    },
    (bytes) => response.decode(bytes),
  ];
}

function cancelOn(signal: AbortSignal | undefined, call: { cancel(): void }): () => void {
  if (signal === undefined) return () => undefined;
  const cancel = (): void => call.cancel();
  if (signal.aborted) cancel();
  signal.addEventListener("abort", cancel, { once: true });
  return () => signal.removeEventListener("abort", cancel);
}

/** What the library threw, as a status. */
function statusOf(reason: unknown, signal: AbortSignal | undefined): StatusError {
  if (!isServiceError(reason)) return StatusError.from(reason);
  if (signal?.aborted === true) return StatusError.from(signal.reason);
  const code = codeOf(reason.code);
  const [encoded] = reason.metadata.get("grpc-status-details-bin");
  const details = Buffer.isBuffer(encoded) ? detailsIn(encoded) : [];
  return new StatusError(code, reason.details, { details });
}

function detailsIn(encoded: Buffer): StatusError["details"] {
  try {
    return decodeStatus(encoded)?.details ?? [];
  } catch {
    return []; // The status itself is worth more than details that nobody can read.
  }
}

function isServiceError(reason: unknown): reason is ServiceError {
  return reason instanceof Error && "code" in reason && typeof reason.code === "number" && "metadata" in reason;
}
