import { setImmediate as soon } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import {
  anyone,
  bind,
  connect,
  createGrpcServer,
  type GrpcChannel,
  type Method,
  type Service,
} from "#src/grpc/index.js";
import { Code, StatusError } from "#src/status/index.js";
import { collectGarbage } from "../../support/collect-garbage.js";

const text = { encode: (message: string) => Buffer.from(message), decode: (bytes: Buffer) => bytes.toString() };
const method = <Kind extends Method<string, string, string, string>["kind"]>(
  kind: Kind,
  name: string,
): Method<string, string, string, string, Kind> => ({
  kind,
  path: `/test.Service/${name}`,
  request: text,
  response: text,
});

const echo = method("unary", "Echo");
const count = method("server-stream", "Count");
const join = method("client-stream", "Join");
const wait = method("unary", "Wait");

let stopped = 0;
const service: Service = [
  bind(echo, async (request, call) => {
    if (request === "missing")
      throw new StatusError(Code.FailedPrecondition, "gone", {
        details: [{ kind: "missing-blobs", subjects: ["blobs/a/1"] }],
      });
    return `${request} ${call.header("x-who") ?? ""} ${call.binaryHeader("x-data-bin")?.toString("hex") ?? ""}`;
  }),
  bind(count, async function* (request) {
    try {
      for (let n = 0; n < Number(request); n++) yield "z".repeat(50_000);
    } finally {
      stopped++;
    }
  }),
  bind(join, async (requests) => {
    let all = 0;
    for await (const request of requests) {
      if (request === "stop") return `stopped at ${all}`;
      all += request.length;
    }
    return String(all);
  }),
  bind(
    wait,
    (_, call) =>
      new Promise((_resolve, reject) =>
        call.signal.addEventListener("abort", () => reject(call.signal.reason as Error)),
      ),
  ),
];

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

async function channel(options = {}): Promise<GrpcChannel> {
  const server = await createGrpcServer({ services: [service], listen: "127.0.0.1:0", callerOf: () => anyone });
  const made = await connect(`grpc://${server.address}`, options);
  open.push({ close: () => server.close(0) }, { close: async () => made[Symbol.asyncDispose]() });
  return made;
}

describe("a channel", () => {
  it("carries unary calls with headers", async () => {
    const to = await channel({ headers: { "x-who": "me" }, connections: 3 });
    const answers = await Promise.all(
      ["a", "b", "c", "d"].map((each) => to.unary(echo, each, { headers: { "x-data-bin": Buffer.from([1, 2]) } })),
    );
    expect(answers).toEqual(["a me 0102", "b me 0102", "c me 0102", "d me 0102"]);
  });

  it("brings statuses with their details", async () => {
    const to = await channel();
    const error = (await to.unary(echo, "missing").catch((reason: unknown) => reason)) as StatusError;
    expect(error).toBeInstanceOf(StatusError);
    expect([error.code, error.message, error.details]).toEqual([
      Code.FailedPrecondition,
      "gone",
      [{ kind: "missing-blobs", subjects: ["blobs/a/1"] }],
    ]);
  });

  it("carries streams of answers, and cancels those that are left", async () => {
    const to = await channel();
    let got = 0;
    for await (const piece of to.serverStream(count, "200")) got += piece.length;
    expect(got).toBe(10_000_000);
    const before = stopped;
    for await (const piece of to.serverStream(count, "1000000")) if (piece !== "") break;
    await expect.poll(() => stopped).toBe(before + 1);
  });

  it("carries streams of requests, no faster than they are taken, and closes them when the answer comes first", async () => {
    const to = await channel();
    let isClosed = false;
    async function* pieces(total: number, last?: string): AsyncGenerator<string> {
      try {
        for (let n = 0; n < total; n++) yield "y".repeat(100_000);
        if (last !== undefined) yield last;
        if (last !== undefined) for (;;) yield "more";
      } finally {
        isClosed = true;
      }
    }
    expect(await to.clientStream(join, pieces(100))).toBe("10000000");
    expect(await to.clientStream(join, pieces(2, "stop"))).toBe("stopped at 200000");
    expect(isClosed).toBe(true);
  });

  it("lets go of what was sent while more is to come", async () => {
    const to = await channel();
    const sending = { ...join, request: { encode: (bytes: Buffer) => bytes, decode: text.decode } };
    const sent: WeakRef<Buffer>[] = [];
    let kept = -1;
    async function* pieces(): AsyncGenerator<Buffer> {
      for (let n = 0; n < 300; n++) {
        // The first ones fill windows and wait to be drained; with the later ones all of those have gone.
        const piece = Buffer.alloc(n < 100 ? 50_000 : 10, "y");
        if (n < 100) sent.push(new WeakRef(piece));
        yield piece;
        await soon();
      }
      await collectGarbage();
      kept = sent.filter((piece) => piece.deref() !== undefined).length;
    }
    expect(await to.clientStream(sending, pieces())).toBe(String(100 * 50_000 + 200 * 10));
    expect(kept).toBeLessThan(10);
  });

  it("ends at its deadline although the source brings nothing more", async () => {
    const to = await channel();
    async function* silent(): AsyncGenerator<string> {
      yield "a";
      await new Promise(() => undefined);
    }
    const call = to.clientStream(join, silent(), { deadlineMs: 50 });
    await expect(call).rejects.toMatchObject({ code: Code.DeadlineExceeded });
  });

  it("fails a call whose source fails with that error", async () => {
    const to = await channel();
    async function* broken(): AsyncGenerator<string> {
      yield "a";
      throw new StatusError(Code.DataLoss, "torn");
    }
    await expect(to.clientStream(join, broken())).rejects.toMatchObject({ code: Code.DataLoss });
  });

  it("ends every call at its deadline, or when it is aborted", async () => {
    const to = await channel();
    await expect(to.unary(wait, "", { deadlineMs: 50 })).rejects.toMatchObject({ code: Code.DeadlineExceeded });
    const reason = new StatusError(Code.Cancelled, "not wanted");
    const controller = new AbortController();
    const call = to.unary(wait, "", { signal: controller.signal });
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
  });

  it("says Unavailable where nobody listens, and what an address looks like", async () => {
    const server = await createGrpcServer({ services: [], listen: "127.0.0.1:0", callerOf: () => anyone });
    await server.close(0);
    const to = await connect(server.address);
    open.push({ close: async () => to[Symbol.asyncDispose]() });
    await expect(to.unary(echo, "x")).rejects.toMatchObject({ code: Code.Unavailable });
    await expect(connect("http:/nowhere")).rejects.toMatchObject({ code: Code.InvalidArgument });
  });
});
