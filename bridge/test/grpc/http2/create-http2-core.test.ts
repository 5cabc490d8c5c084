import { once } from "node:events";
import {
  connect,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
} from "node:http2";
import { createConnection } from "node:net";
import { Client, credentials, Metadata, status as grpcStatus, type ServiceError } from "@grpc/grpc-js";
import { afterEach, describe, expect, it } from "vitest";
import { anyone, bind, type BoundMethod, type CallContext, type Method } from "#src/grpc/index.js";
import { createHttp2Core, type Http2Core, type Http2CoreOptions } from "#src/grpc/http2/create-http2-core.js";
import { framed } from "#src/grpc/http2/message-reader.js";
import type { CallEnd } from "#src/grpc/http2/server-call.js";
import { Code, StatusError } from "#src/status/index.js";

// The client is grpc-js: another implementation of the protocol than the one under test. What it would never send goes over node:http2.

type Text<Kind extends Method<string, string, string, string>["kind"]> = Method<string, string, string, string, Kind>;

const text = {
  encode: (message: string) => Buffer.from(message),
  decode(bytes: Buffer) {
    if (bytes[0] === 0xff) throw new Error("no text");
    return bytes.toString();
  },
};
const method = <Kind extends Method<string, string, string, string>["kind"]>(kind: Kind, name: string): Text<Kind> => ({
  kind,
  path: `/test.Service/${name}`,
  request: text,
  response: text,
});

const limits = {
  streamWindowBytes: 1 << 20,
  connectionWindowBytes: 4 << 20,
  streamsMax: 100,
  connectionsMax: 3,
  keepAliveMs: 60_000,
};

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

interface Served {
  readonly core: Http2Core;
  readonly port: number;
  readonly ends: CallEnd[];
  readonly faults: unknown[];
}

async function serve(bound: readonly BoundMethod[], options: Partial<Http2CoreOptions> = {}): Promise<Served> {
  const ends: CallEnd[] = [];
  const faults: unknown[] = [];
  const core = createHttp2Core({
    methods: new Map(bound.map((each) => [each.method.path, each])),
    limits,
    messageBytesMax: 1 << 20,
    requestIdleMs: 60_000,
    detailsOf: (status) =>
      status.details.length === 0 ? {} : { "grpc-status-details-bin": Buffer.from("details").toString("base64") },
    callerOf: () => anyone,
    onCallEnd: (end) => ends.push(end),
    onFault: (_, reason) => faults.push(reason),
    ...options,
  });
  const { port } = await core.listen({ host: "127.0.0.1", port: 0 });
  open.push({ close: () => core.close(0) });
  return { core, port, ends, faults };
}

function clientOf({ port }: Served): Client {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  open.push(client);
  return client;
}

const encode = (message: string): Buffer => Buffer.from(message);
const decode = (bytes: Buffer): string => bytes.toString();

function unary(client: Client, name: string, message: string, options = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      `/test.Service/${name}`,
      encode,
      decode,
      message,
      new Metadata(),
      options,
      (error, answer) => (error === null ? resolve(answer!) : reject(error)),
    );
  });
}

describe("a call", () => {
  const echo = bind(method("unary", "Echo"), async (request) => `<${request}>`);

  it("is answered", async () => {
    const served = await serve([echo]);
    const client = clientOf(served);
    expect(await Promise.all(["a", "", "x".repeat(500_000)].map((message) => unary(client, "Echo", message)))).toEqual([
      "<a>",
      "<>",
      `<${"x".repeat(500_000)}>`,
    ]);
    expect(served.ends.map(({ path, code }) => [path, code])).toEqual(Array(3).fill(["/test.Service/Echo", Code.Ok]));
  });

  it("streams answers, and waits for a client that does not read", async () => {
    let made = 0;
    const served = await serve([
      bind(method("server-stream", "Count"), async function* (request) {
        for (let n = 0; n < Number(request); n++) {
          made++;
          yield "z".repeat(100_000);
        }
      }),
    ]);
    const session = connect(`http://127.0.0.1:${served.port}`);
    open.push(session);
    const stream = post(session, "/test.Service/Count");
    stream.end(Buffer.concat(framed(Buffer.from("2000"))));
    await once(stream, "response");
    // What flow control and the buffers of both sides hold is a fraction of the 200 MB; it is full when nothing more is made.
    for (let before = -1; before !== made;) {
      before = made;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(made).toBeLessThan(50);
    let gotBytes = 0;
    for await (const piece of stream as AsyncIterable<Buffer>) gotBytes += piece.byteLength;
    expect(gotBytes).toBe(2000 * 100_005);
  });

  it("takes streams of requests, and may end before they do", async () => {
    const served = await serve([
      bind(method("client-stream", "Join"), async (requests) => {
        let all = "";
        for await (const request of requests) {
          if (request === "stop") return `${all}!`;
          all += request;
        }
        return all;
      }),
    ]);
    const client = clientOf(served);
    const send = (messages: readonly string[]): Promise<string> =>
      new Promise((resolve, reject) => {
        const call = client.makeClientStreamRequest("/test.Service/Join", encode, decode, (error, answer) =>
          error === null ? resolve(answer!) : reject(error),
        );
        for (const message of messages) call.write(message);
        if (!messages.includes("stop")) call.end();
      });
    expect(await send(["a", "b", "c"])).toBe("abc");
    expect(await send([])).toBe("");
    expect(await send(["a", "stop", ...Array<string>(50).fill("b")])).toBe("a!");
    expect(served.ends.map(({ code }) => code)).toEqual([0, 0, 0]);
  });

  it("streams both ways", async () => {
    const served = await serve([
      bind(method("bidirectional", "Chat"), async function* (requests) {
        for await (const request of requests) yield `re: ${request}`;
      }),
    ]);
    const call = clientOf(served).makeBidiStreamRequest("/test.Service/Chat", encode, decode);
    const answers: string[] = [];
    call.write("a");
    for await (const answer of call as AsyncIterable<string>) {
      answers.push(answer);
      if (answers.length === 1) call.write("b");
      else call.end();
    }
    expect(answers).toEqual(["re: a", "re: b"]);
  });
});

describe("a failing call", () => {
  it("has the status that was thrown, with its details, and a fault of ours is Internal", async () => {
    const served = await serve([
      bind(method("unary", "Fail"), async (request) => {
        if (request === "fault") throw new TypeError("secret");
        throw new StatusError(Code.NotFound, "nothing at 100 % größe", {
          details: [{ kind: "missing-blobs", subjects: ["blobs/x/1"] }],
        });
      }),
      bind(method("server-stream", "Break"), async function* () {
        yield "one";
        throw new StatusError(Code.DataLoss, "torn");
      }),
    ]);
    const client = clientOf(served);
    const error = (await unary(client, "Fail", "x").catch((reason: unknown) => reason)) as ServiceError;
    expect(error).toMatchObject({ code: grpcStatus.NOT_FOUND, details: "nothing at 100 % größe" });
    expect(error.metadata.get("grpc-status-details-bin")).toEqual([Buffer.from("details")]);
    await expect(unary(client, "Fail", "fault")).rejects.toMatchObject({ code: grpcStatus.INTERNAL });
    expect(served.faults).toEqual([new TypeError("secret")]);
    const seen: string[] = [];
    const call = client.makeServerStreamRequest("/test.Service/Break", encode, decode, "");
    const failed = (async () => {
      for await (const message of call as AsyncIterable<string>) seen.push(message);
    })();
    await expect(failed).rejects.toMatchObject({ code: grpcStatus.DATA_LOSS });
    expect(seen).toEqual(["one"]);
  });

  it.each([
    ["an unknown method", "Nowhere", "x", Code.Unimplemented],
    ["a malformed request", "Echo", "\xff", Code.InvalidArgument],
    ["a request over the limit", "Echo", "x".repeat((1 << 20) + 1), Code.ResourceExhausted],
  ])("says so: %s", async (_, name, message, code) => {
    const served = await serve([bind(method("unary", "Echo"), async (request) => request)]);
    const client = clientOf(served);
    const answer = new Promise((resolve, reject) => {
      const bytes = (each: string): Buffer => Buffer.from(each, "latin1");
      client.makeUnaryRequest(`/test.Service/${name}`, bytes, decode, message, (error, value) =>
        error === null ? resolve(value) : reject(error),
      );
    });
    await expect(answer).rejects.toMatchObject({ code });
  });
});

describe("a call that nobody waits for", () => {
  async function waiting(): Promise<{ served: Served; reason: Promise<StatusError>; started: Promise<unknown> }> {
    const started = Promise.withResolvers<unknown>();
    const reason = Promise.withResolvers<StatusError>();
    const wait = async (call: CallContext): Promise<string> => {
      call.signal.addEventListener("abort", () => reason.resolve(call.signal.reason as StatusError));
      started.resolve(undefined);
      throw await reason.promise;
    };
    const served = await serve([
      bind(method("unary", "Wait"), (_, call) => wait(call)),
      bind(method("client-stream", "Take"), async (requests, call) => {
        call.signal.addEventListener("abort", () => reason.resolve(call.signal.reason as StatusError));
        started.resolve(undefined);
        let last = "";
        for await (const request of requests) last = request;
        return last;
      }),
    ]);
    return { served, reason: reason.promise, started: started.promise };
  }

  it("is aborted when it is cancelled", async () => {
    const { served, reason, started } = await waiting();
    const call = clientOf(served).makeUnaryRequest("/test.Service/Wait", encode, decode, "", () => undefined);
    await started;
    call.cancel();
    expect(await reason).toMatchObject({ code: Code.Cancelled });
    expect(served.ends.map(({ code }) => code)).toEqual([Code.Cancelled]);
  });

  it("is aborted when its client vanishes in the middle of a request stream", async () => {
    const { served, reason, started } = await waiting();
    const session = connect(`http://127.0.0.1:${served.port}`);
    session.on("error", () => undefined);
    const stream = post(session, "/test.Service/Take");
    stream.write(Buffer.from([0, 0, 0, 0, 9, 1, 2]));
    await started;
    session.destroy();
    expect(await reason).toMatchObject({ code: Code.Cancelled });
  });

  it("is aborted, and answered, when its deadline passes", async () => {
    const { served, reason } = await waiting();
    const answer = unary(clientOf(served), "Wait", "", { deadline: Date.now() + 100 });
    await expect(answer).rejects.toMatchObject({ code: grpcStatus.DEADLINE_EXCEEDED });
    expect((await reason).code).toBeOneOf([Code.DeadlineExceeded, Code.Cancelled]);
  });
});

function post(session: ClientHttp2Session, path: string, headers = {}): ClientHttp2Stream {
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
    ...headers,
  });
  stream.on("error", () => undefined);
  return stream;
}

describe("a client that does not take its answer", () => {
  async function stalled(
    options: Partial<Http2CoreOptions>,
    headers = {},
  ): Promise<Served & { stream: ClientHttp2Stream }> {
    const released = Promise.withResolvers<unknown>();
    const served = await serve(
      [
        bind(method("server-stream", "Flood"), async function* () {
          try {
            for (;;) yield "z".repeat(100_000);
          } finally {
            released.resolve(true);
          }
        }),
      ],
      options,
    );
    const session = connect(`http://127.0.0.1:${served.port}`);
    open.push(session);
    const stream = post(session, "/test.Service/Flood", headers);
    stream.end(Buffer.concat(framed(Buffer.from("x"))));
    await released.promise;
    return { ...served, stream };
  }

  it("does not keep what is made for it for ever", async () => {
    const { ends, faults, stream } = await stalled({ requestIdleMs: 200 });
    expect(ends.map(({ code }) => code)).toEqual([Code.DeadlineExceeded]);
    expect(faults).toEqual([]);
    stream.resume();
    await once(stream, "close");
    expect(stream.rstCode).toBe(constants.NGHTTP2_CANCEL);
  });

  it("does not keep it beyond its deadline", async () => {
    const { ends } = await stalled({}, { "grpc-timeout": "200m" });
    expect(ends.map(({ code }) => code)).toEqual([Code.DeadlineExceeded]);
  });

  it("is left alone as long as it takes some", async () => {
    const total = 20;
    const served = await serve(
      [
        bind(method("server-stream", "Count"), async function* () {
          for (let n = 0; n < total; n++) yield "z".repeat(500_000);
        }),
      ],
      { requestIdleMs: 400 },
    );
    const session = connect(`http://127.0.0.1:${served.port}`);
    open.push(session);
    const stream = post(session, "/test.Service/Count");
    stream.end(Buffer.concat(framed(Buffer.from("x"))));
    let gotBytes = 0;
    let trailers: IncomingHttpHeaders | undefined;
    stream.on("trailers", (got: IncomingHttpHeaders) => (trailers = got));
    for await (const piece of stream as AsyncIterable<Buffer>) {
      gotBytes += piece.byteLength;
      // Much slower than the answer is made; in all it takes several times as long as a silence may last.
      await new Promise((resolve) => setTimeout(resolve, (piece.byteLength / 500_000) * 100));
    }
    expect(gotBytes).toBe(total * 500_005);
    expect(trailers).toMatchObject({ "grpc-status": "0" });
  });
});

describe("what no gRPC client sends", () => {
  const echo = bind(method("unary", "Echo"), async (request) => request);

  async function answerTo(headers: object, body: Buffer): Promise<IncomingHttpHeaders> {
    const served = await serve([echo]);
    const session = connect(`http://127.0.0.1:${served.port}`);
    session.on("error", () => undefined);
    open.push(session);
    const stream = post(session, "/test.Service/Echo", headers);
    stream.end(body);
    stream.resume();
    const [response] = (await once(stream, "response")) as [IncomingHttpHeaders];
    return response;
  }

  const message = Buffer.from([0, 0, 0, 0, 1, 0x61]);
  it.each([
    ["another type of content", { "content-type": "text/plain" }, message, { ":status": 415 }],
    ["another method", { ":method": "PUT" }, message, { ":status": 405 }],
    ["compression", { "grpc-encoding": "gzip" }, message, { "grpc-status": "12", "grpc-accept-encoding": "identity" }],
    ["a compressed message", {}, Buffer.from([1, 0, 0, 0, 1, 0x61]), { "grpc-status": "12" }],
    ["no message", {}, Buffer.alloc(0), { "grpc-status": "3" }],
    ["half a message", {}, message.subarray(0, 5), { "grpc-status": "3" }],
    ["two messages", {}, Buffer.concat([message, message]), { "grpc-status": "3" }],
  ])("is refused: %s", async (_, headers, body, expected) => {
    expect(await answerTo(headers, body)).toMatchObject(expected);
  });

  it("does not end the server: garbage on the connection", async () => {
    const served = await serve([echo]);
    const socket = createConnection(served.port, "127.0.0.1");
    socket.on("error", () => undefined).resume();
    socket.write("GET / HTTP/1.1\r\n\r\n".repeat(100));
    await once(socket, "close");
    expect(await unary(clientOf(served), "Echo", "still here")).toBe("still here");
  });
});

describe("connections", () => {
  const echo = bind(method("unary", "Echo"), async (request) => request);

  it("are refused over the limit", async () => {
    const served = await serve([echo]);
    const sessions = [];
    for (let n = 0; n < limits.connectionsMax; n++) {
      const session = connect(`http://127.0.0.1:${served.port}`);
      open.push(session);
      await once(session, "remoteSettings");
      sessions.push(session);
    }
    const surplus = connect(`http://127.0.0.1:${served.port}`);
    surplus.on("error", () => undefined);
    await once(surplus, "close");
    sessions[0]!.close();
    await once(sessions[0]!, "close");
    expect(await unary(clientOf(served), "Echo", "room again")).toBe("room again");
  });

  it("offer the window that uploads need", async () => {
    const served = await serve([echo]);
    const session = connect(`http://127.0.0.1:${served.port}`);
    open.push(session);
    const [settings] = (await once(session, "remoteSettings")) as [{ initialWindowSize: number }];
    expect(settings.initialWindowSize).toBe(limits.streamWindowBytes);
    await unary(clientOf(served), "Echo", "x");
    expect(session.state.remoteWindowSize).toBeGreaterThanOrEqual(limits.connectionWindowBytes);
  });

  it("end when their calls have, on closing", async () => {
    const release = Promise.withResolvers<unknown>();
    const started = Promise.withResolvers<unknown>();
    const served = await serve([
      bind(method("unary", "Slow"), async (request) => {
        started.resolve(undefined);
        await release.promise;
        return request;
      }),
    ]);
    const answer = unary(clientOf(served), "Slow", "done");
    await started.promise;
    const closed = served.core.close(60_000);
    release.resolve(undefined);
    expect(await answer).toBe("done");
    await closed;
  });

  it("are ended at the deadline, on closing", async () => {
    const started = Promise.withResolvers<unknown>();
    const served = await serve([
      bind(method("unary", "Stuck"), async (_, call) => {
        started.resolve(undefined);
        await once(call.signal, "abort");
        throw new StatusError(Code.Cancelled, "gone");
      }),
    ]);
    const answer = unary(clientOf(served), "Stuck", "");
    const refused = expect(answer).rejects.toMatchObject({ code: grpcStatus.UNAVAILABLE });
    await started.promise;
    await served.core.close(10);
    await refused;
  });

  it("know who calls before anything runs", async () => {
    const served = await serve([echo], {
      callerOf(headers) {
        if (headers["authorization"] === undefined) throw new StatusError(Code.Unauthenticated, "who are you?");
        return Promise.resolve(anyone);
      },
    });
    const client = clientOf(served);
    await expect(unary(client, "Echo", "x")).rejects.toMatchObject({ code: grpcStatus.UNAUTHENTICATED });
    const metadata = new Metadata();
    metadata.set("authorization", "Bearer x");
    const answer = new Promise((resolve, reject) => {
      client.makeUnaryRequest("/test.Service/Echo", encode, decode, "x", metadata, (error, value) =>
        error === null ? resolve(value) : reject(error),
      );
    });
    expect(await answer).toBe("x");
  });
});

it("resets no stream with an error that ended well", async () => {
  const served = await serve([
    bind(method("client-stream", "First"), async (requests) => {
      for await (const request of requests) return request;
      return "none";
    }),
  ]);
  const session = connect(`http://127.0.0.1:${served.port}`);
  open.push(session);
  const stream = post(session, "/test.Service/First");
  stream.write(Buffer.from([0, 0, 0, 0, 1, 0x61]));
  stream.resume();
  const [trailers] = (await once(stream, "trailers")) as [IncomingHttpHeaders];
  expect(trailers["grpc-status"]).toBe("0");
  await once(stream, "close");
  expect(stream.rstCode).toBe(constants.NGHTTP2_NO_ERROR);
});
