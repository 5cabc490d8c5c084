import { constants, type IncomingHttpHeaders, type OutgoingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { Code, StatusError } from "../../status/index.js";
import type { Caller } from "../../access/caller.js";
import type { BoundMethod, CallContext, Codec } from "../rpc.js";
import { binaryHeader, encodeMessage, firstHeader, parseTimeoutMs } from "./headers.js";
import { MessageReader, framed } from "./message-reader.js";
import { RequestQueue } from "./request-queue.js";

/** What is known of a call when it has ended. */
export interface CallEnd {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly code: Code;
  readonly durationMs: number;
  readonly digestFunction?: string;
  readonly compressor?: string;
}

/** What all calls of a server share. */
export interface CallSetting {
  readonly messageBytesMax: number;
  /** How long a request stream may be silent, and a client may take nothing of an answer. */
  readonly requestIdleMs: number;
  /** Further trailers of a failed call: its details. */
  readonly detailsOf: (status: StatusError) => OutgoingHttpHeaders;
  readonly onCallEnd?: (end: CallEnd) => void;
  readonly onBytes?: (path: string, direction: "received" | "sent", compressor: string, bytes: number) => void;
  /** Gets what was no `StatusError`: a fault of ours. */
  readonly onFault?: (path: string, reason: unknown) => void;
}

/** What every answer begins with, also one that is only a refusal. */
export const RESPONSE_HEADERS: OutgoingHttpHeaders = { ":status": 200, "content-type": "application/grpc+proto" };
const OK_TRAILERS: OutgoingHttpHeaders = { "grpc-status": "0" };

/** One call on its HTTP/2 stream, from its headers to its trailers. */
export class ServerCall implements CallContext {
  readonly caller: Caller;
  readonly #stream: ServerHttp2Stream;
  readonly #headers: IncomingHttpHeaders;
  readonly #bound: BoundMethod;
  readonly #setting: CallSetting;
  readonly #startedMs = performance.now();
  readonly #reader: MessageReader;
  #labels: { digestFunction?: string; compressor?: string } = {};
  #controller: AbortController | undefined;
  #reason: StatusError | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #hasEnded = false;
  #queue: RequestQueue | undefined;
  /** Ends the wait for a client that is slower than we are. */
  #stopWaiting: (() => void) | undefined;

  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    bound: BoundMethod,
    caller: Caller,
    setting: CallSetting,
  ) {
    this.#stream = stream;
    this.#headers = headers;
    this.#bound = bound;
    this.caller = caller;
    this.#setting = setting;
    this.#reader = new MessageReader(setting.messageBytesMax);
  }

  get signal(): AbortSignal {
    // Most calls end before anybody asks.
    this.#controller ??= new AbortController();
    if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }

  header(name: string): string | undefined {
    return firstHeader(this.#headers, name);
  }

  binaryHeader(name: string): Buffer | undefined {
    return binaryHeader(this.#headers, name);
  }

  label(labels: { readonly digestFunction?: string; readonly compressor?: string }): void {
    this.#labels = { ...this.#labels, ...labels };
  }

  countBytes(direction: "received" | "sent", compressor: string, bytes: number): void {
    this.#setting.onBytes?.(this.#bound.method.path, direction, compressor, bytes);
  }

  /** Reads requests and answers them. Never throws: whatever fails is the call's status. */
  run(): void {
    const timeout = this.header("grpc-timeout");
    const timeoutMs = timeout === undefined ? undefined : parseTimeoutMs(timeout);
    if (timeoutMs !== undefined)
      this.#deadline = setTimeout(() => {
        this.#fail(new StatusError(Code.DeadlineExceeded, "the call's deadline passed"));
      }, timeoutMs);
    const stream = this.#stream;
    stream.on("error", () => undefined); // 'close' follows, and says as much.
    stream.once("close", () => {
      if (this.#hasEnded) return; // An error, with its stack, takes longer than much else of a call.
      this.#abort(new StatusError(Code.Cancelled, "the client is gone"));
      this.#finish(Code.Cancelled);
    });
    stream.setTimeout(this.#setting.requestIdleMs, this.#onSilence);
    const { kind } = this.#bound.method;
    if (kind === "unary" || kind === "server-stream") this.#readOne();
    else this.#readMany();
  }

  readonly #onSilence = (): void => {
    this.#fail(new StatusError(Code.DeadlineExceeded, "the client has sent nothing for too long"));
  };

  #readOne(): void {
    const stream = this.#stream;
    let message: Buffer | undefined;
    stream.on("data", (piece: Buffer) => {
      try {
        const messages = this.#reader.push(piece);
        if (messages.length + (message === undefined ? 0 : 1) > 1)
          throw new StatusError(Code.InvalidArgument, "this method takes one message");
        message ??= messages[0];
      } catch (reason) {
        this.#fail(reason);
      }
    });
    stream.once("end", () => {
      stream.setTimeout(0, this.#onSilence);
      if (message === undefined) {
        this.#fail(new StatusError(Code.InvalidArgument, "the request has no whole message"));
        return;
      }
      const request = message;
      void this.#answer(() => this.#decode(request));
    });
  }

  #readMany(): void {
    const stream = this.#stream;
    const queue = (this.#queue = new RequestQueue(stream));
    stream.on("data", (piece: Buffer) => {
      try {
        queue.push(this.#reader.push(piece));
      } catch (reason) {
        queue.fail(reason);
      }
    });
    stream.once("end", () => {
      stream.setTimeout(0, this.#onSilence);
      if (this.#reader.isInside) queue.fail(new StatusError(Code.InvalidArgument, "the last message is cut off"));
      else queue.end();
    });
    void this.#answer(() => this.#decoded(queue));
  }

  async *#decoded(queue: RequestQueue): AsyncGenerator {
    for (;;) {
      const message = queue.shift() ?? (await queue.next());
      if (message === undefined) return;
      yield this.#decode(message);
    }
  }

  #decode(message: Buffer): unknown {
    try {
      return this.#bound.method.request.decode(message);
    } catch (cause) {
      throw StatusError.wrap(cause, "the request is malformed", Code.InvalidArgument);
    }
  }

  async #answer(request: () => unknown): Promise<void> {
    const { method, handler } = this.#bound;
    try {
      const answer = handler(request() as never, this);
      if (method.kind === "unary" || method.kind === "client-stream") {
        const response = partsOf(method.response, await answer);
        if (this.#hasEnded) return;
        this.#respond();
        for (const piece of framed(...response)) this.#stream.write(piece);
      } else {
        for await (const response of answer as AsyncIterable<unknown>) {
          if (this.#hasEnded) break;
          this.#respond();
          let isFlowing = true;
          for (const piece of framed(...partsOf(method.response, response))) isFlowing = this.#stream.write(piece);
          // Whether more is wanted, before anything more is made for nobody.
          if (!isFlowing && !(await this.#drained())) break;
        }
        if (this.#hasEnded) return;
        this.#respond();
      }
      this.#end(OK_TRAILERS, Code.Ok);
    } catch (reason) {
      this.#fail(reason);
    }
  }

  #respond(): void {
    if (!this.#stream.headersSent) this.#stream.respond(RESPONSE_HEADERS, { waitForTrailers: true });
  }

  /**
   * Waits until the client has taken what was written, or the call has ended. A client that takes nothing for too long ends it.
   *
   * @returns whether the call goes on.
   */
  #drained(): Promise<boolean> {
    const stream = this.#stream;
    if (this.#hasEnded) return Promise.resolve(false);
    // While requests still come, their own timer runs.
    const isWatched = stream.readableEnded;
    return new Promise((resolve) => {
      const onStall = (): void => {
        this.#fail(new StatusError(Code.DeadlineExceeded, "the client has taken nothing for too long"));
      };
      const settle = (): void => {
        stream.off("drain", settle);
        if (isWatched) stream.setTimeout(0, onStall);
        this.#stopWaiting = undefined;
        resolve(!this.#hasEnded);
      };
      this.#stopWaiting = settle;
      stream.on("drain", settle);
      if (isWatched) stream.setTimeout(this.#setting.requestIdleMs, onStall);
    });
  }

  #fail(reason: unknown): void {
    if (this.#hasEnded) return;
    const status = StatusError.from(this.#reason ?? reason);
    if (!(reason instanceof StatusError) && status.code === Code.Internal)
      this.#setting.onFault?.(this.#bound.method.path, reason);
    this.#abort(status);
    this.#end(statusTrailers(status, this.#setting.detailsOf), status.code);
  }

  #end(trailers: OutgoingHttpHeaders, code: Code): void {
    const stream = this.#stream;
    this.#finish(code);
    if (stream.closed || stream.destroyed) return;
    if (stream.headersSent && code === Code.DeadlineExceeded && stream.writableNeedDrain) {
      // Trailers would wait behind what the client does not take, and hold that in memory.
      stream.close(constants.NGHTTP2_CANCEL);
    } else if (stream.headersSent) {
      stream.once("wantTrailers", () => {
        // The stream may have gone since.
        if (!stream.destroyed) stream.sendTrailers(trailers);
        this.#stopClient();
      });
      stream.end();
    } else {
      stream.respond({ ...RESPONSE_HEADERS, ...trailers }, { endStream: true });
      this.#stopClient();
    }
  }

  /** What the client still sends is of no use: it is told to stop, and what is under way is dropped. */
  #stopClient(): void {
    const stream = this.#stream;
    if (stream.readableEnded) return;
    stream.resume();
    setImmediate(() => {
      if (!stream.readableEnded && !stream.closed) stream.close(constants.NGHTTP2_NO_ERROR);
    });
  }

  #abort(reason: StatusError): void {
    if (this.#reason !== undefined || this.#hasEnded) return;
    this.#reason = reason;
    this.#queue?.fail(reason);
    this.#controller?.abort(reason);
  }

  #finish(code: Code): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearTimeout(this.#deadline);
    this.#queue?.drop();
    this.#stopWaiting?.();
    this.#setting.onCallEnd?.({
      path: this.#bound.method.path,
      code,
      durationMs: performance.now() - this.#startedMs,
      ...this.#labels,
    });
  }
}

function partsOf(codec: Codec<unknown>, message: unknown): readonly Uint8Array[] {
  return codec.encodeParts === undefined ? [codec.encode(message)] : codec.encodeParts(message);
}

/** The trailers of a call that failed. */
export function statusTrailers(status: StatusError, detailsOf: CallSetting["detailsOf"]): OutgoingHttpHeaders {
  return {
    "grpc-status": String(status.code),
    ...(status.message === "" ? {} : { "grpc-message": encodeMessage(status.message) }),
    ...detailsOf(status),
  };
}
