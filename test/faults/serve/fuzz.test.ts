import { readdirSync } from "node:fs";
import { once } from "node:events";
import { constants } from "node:http2";
import { createConnection } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Digest } from "@causeway/bridge/digest";
import { connect, protoMethods, type GrpcChannel } from "@causeway/bridge/grpc";
import { createServerHome, type ServerHome, type ServerProcess } from "../../serve/start-server.ts";
import { seededRandom } from "../seeded-random.ts";
import { createCasClient } from "./cas-client.ts";
import { below, fuzz, fuzzTargets, randomBytes, type FuzzTarget, type FuzzedRequest } from "./fuzz-requests.ts";
import { eventually, useOf } from "./process-use.ts";
import { answerOf, connectRaw, type RawAnswer, type RawClient } from "./raw-client.ts";

// ROUNDS=5000 SEED=7 for more and others.
const seed = Number(process.env["SEED"] ?? 1);
const rounds = Number(process.env["ROUNDS"] ?? 150);
const AT_ONCE = 25;
/** Every call has a deadline, after which it has to be answered whatever it asks for: some methods wait for something to happen. */
const DEADLINE_MS = 1_500;
/** No answer beyond this is none. */
const ANSWER_MS = 15_000;

let home: ServerHome;
let server: ServerProcess;
let grpc: string;
let pid: number;
let channel: GrpcChannel;
let raw: RawClient;
let targets: readonly FuzzTarget[];
let kept: Digest[];
const contents = [Buffer.from("kept"), Buffer.alloc(200_000, "large")];

beforeAll(async () => {
  home = await createServerHome();
  server = home.start();
  ({ grpc, pid } = await server.ready());
  channel = await connect(grpc);
  const client = createCasClient(channel);
  kept = [...(await client.putBatch("sha256", contents)), ...(await client.putBatch("blake3", contents))];
  raw = await connectRaw(grpc);
  targets = await fuzzTargets(kept);
});
afterAll(async () => {
  raw.session.destroy();
  await channel[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

async function ask(target: FuzzTarget, request: FuzzedRequest): Promise<RawAnswer | undefined> {
  if (!breaksHttp(request)) return askOn(raw, target, request);
  const own = await connectRaw(grpc);
  try {
    return await askOn(own, target, request);
  } finally {
    own.session.destroy();
  }
}

/** Such a client loses its connection, with all calls that are on it. */
const breaksHttp = ({ headers }: FuzzedRequest): boolean => headers["content-length"] !== undefined;

async function askOn(
  { post }: RawClient,
  target: FuzzTarget,
  { pieces, ends, headers }: FuzzedRequest,
): Promise<RawAnswer | undefined> {
  // What waits for something to happen would go on for ever without one.
  const deadline = { "grpc-timeout": `${DEADLINE_MS}m` };
  const waits = /\/(?:Watch|Wait\w+|Execute)$/.test(target.path);
  const stream = post(target.path, waits ? { ...headers, ...deadline } : { ...deadline, ...headers });
  const answered = answerOf(stream);
  for (const piece of pieces) stream.write(piece);
  if (!ends) {
    stream.close(constants.NGHTTP2_CANCEL);
    await answered;
    return undefined;
  }
  stream.end();
  const timer = setTimeout(() => stream.destroy(new Error("no answer")), ANSWER_MS);
  try {
    return await answered;
  } finally {
    clearTimeout(timer);
  }
}

/** What is wrong with an answer. */
function faultOf(request: FuzzedRequest, answer: RawAnswer | undefined): string | undefined {
  if (answer === undefined || breaksHttp(request)) return undefined;
  const { headers } = request;
  const { httpStatus, grpcStatus } = answer;
  if (httpStatus === 415 && headers["content-type"] !== undefined) return undefined;
  if (httpStatus !== 200) return `HTTP status ${String(httpStatus)}`;
  // 2 and 13 say that it is not known what went wrong: a fault of ours.
  if (grpcStatus === undefined || grpcStatus > 16 || grpcStatus === 2 || grpcStatus === 13)
    return `gRPC status ${String(grpcStatus)}: ${answer.message}`;
  return undefined;
}

describe(`a server that is sent nonsense (SEED=${seed})`, () => {
  it(`answers every call of every method with a status (${rounds} of each)`, async () => {
    expect(targets.length).toBeGreaterThan(25);
    const faults: string[] = [];
    for (const [index, target] of targets.entries()) {
      const random = seededRandom(seed * 1_000 + index);
      // Its own connection: HTTP/2 servers may end one on which very many streams are reset, as clients that vanish do here.
      raw.session.destroy();
      raw = await connectRaw(grpc);
      for (let done = 0; done < rounds; done += AT_ONCE) {
        const requests = Array.from({ length: AT_ONCE }, () => fuzz(random, target));
        const answers = await Promise.all(requests.map((request) => ask(target, request)));
        for (const [i, request] of requests.entries()) {
          const fault = faultOf(request, answers[i]);
          const bytes = Buffer.concat(request.pieces).toString("hex").slice(0, 600);
          if (fault !== undefined) faults.push(`${target.path}: ${fault}: ${JSON.stringify(request.headers)} ${bytes}`);
        }
      }
    }
    expect(faults).toEqual([]);
  }, 120_000);

  it("stands garbage below the level of calls", async () => {
    const { port } = new URL(grpc.replace("grpc:", "http:"));
    const random = seededRandom(seed);
    const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", "latin1");
    for (let n = 0; n < rounds; n++) {
      const socket = createConnection(Number(port), "127.0.0.1").on("error", () => undefined);
      await once(socket, "connect");
      const frames = Array.from({ length: 1 + below(random, 20) }, () => {
        const payload = randomBytes(random, below(random, 60));
        const head = Buffer.alloc(9);
        head.writeUIntBE(random() < 0.9 ? payload.byteLength : below(random, 2 ** 24), 0, 3);
        head[3] = below(random, 12);
        head[4] = below(random, 256);
        head.writeUInt32BE(random() < 0.5 ? 0 : below(random, 10), 5);
        return Buffer.concat([head, payload]);
      });
      const closed = once(socket, "close");
      socket.resume().end(Buffer.concat(random() < 0.8 ? [preface, ...frames] : frames));
      await closed;
    }
    expect((await channel.unary((await protoMethods()).health.check, {})).status).toBe("SERVING");
  }, 60_000);

  it("has lost nothing, holds nothing, and leaves nothing", async () => {
    const client = createCasClient(channel);
    for (const [i, digest] of kept.entries()) {
      const read = await client.getStream(digest);
      expect(Buffer.compare(read!, contents[i % 2]!)).toBe(0);
    }
    raw.session.destroy();
    await eventually("files are closed, but of uploads that may go on", () => useOf(pid).files <= 20 + 64);
    server.signal("SIGTERM");
    const { exit, stderr } = await server.ended();
    expect([exit, /a call failed inside|"level":"error"/.exec(stderr)?.[0]]).toEqual([0, undefined]);
    server = home.start();
    await server.ready();
    expect(readdirSync(join(home.state, "tmp"))).toEqual([]);
    server.signal("SIGTERM");
    await server.ended();
    const verified = await home.run(["store", "verify", "--contents", "--state", home.state]);
    expect([verified.exit, verified.stdout]).toEqual([0, expect.any(String)]);
  }, 60_000);
});
