import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { anyone } from "#src/access/index.js";
import { createHttpServer } from "#src/http/index.js";
import { Code, StatusError } from "#src/status/index.js";
import { callerWith, openFixture, send, sha256, type Fixture } from "./http-fixture.js";

let fixture: Fixture;
beforeEach(async () => {
  fixture = await openFixture();
});
afterEach(async () => {
  await fixture[Symbol.asyncDispose]();
});

describe("the HTTP server", () => {
  it("says whether it is ready", async () => {
    const ready = await send(`${fixture.url}/healthz`, "GET");
    expect([ready.status, ready.body.toString()]).toEqual([200, "ready\n"]);
    fixture.health.ready = false;
    const draining = await send(`${fixture.url}/healthz?verbose=1`, "GET");
    expect([draining.status, draining.body.toString()]).toEqual([503, "draining\n"]);
  });

  it("shows its state and metrics to those who may read", async () => {
    expect(JSON.parse((await send(`${fixture.url}/status`, "GET")).body.toString())).toEqual({ blobs: 0 });
    expect((await send(`${fixture.url}/metrics`, "GET")).body.toString()).toBe("up 1\n");
    await using guarded = await openFixture({ access: () => callerWith("execute") });
    expect((await send(`${guarded.url}/status`, "GET")).status).toBe(403);
    expect((await send(`${guarded.url}/metrics`, "GET")).status).toBe(403);
    expect((await send(`${guarded.url}/healthz`, "GET")).status).toBe(200);
  });

  it("answers 404 and 405", async () => {
    for (const path of [
      "/",
      "/nowhere",
      "/cas/",
      "/cas/xyz",
      `/cas/${"A".repeat(64)}`,
      `//cas/${"a".repeat(64)}`,
      "/%",
    ])
      expect((await send(fixture.url + path, "GET")).status, path).toBe(404);
    const reply = await send(`${fixture.url}/cas/${sha256("")}`, "DELETE");
    expect([reply.status, reply.headers.allow]).toEqual([405, "GET, HEAD, PUT"]);
  });

  it("asks for a credential, and hands on what was presented", async () => {
    const presented: unknown[] = [];
    await using guarded = await openFixture({
      access(credentials) {
        presented.push(credentials);
        if (credentials.authorization !== "Bearer good") throw new StatusError(Code.Unauthenticated, "who are you?");
        return anyone;
      },
    });
    const refused = await send(`${guarded.url}/status`, "GET");
    expect([refused.status, refused.headers["www-authenticate"]]).toEqual([401, 'Basic realm="causeway"']);
    expect((await send(`${guarded.url}/status`, "GET", { authorization: "Bearer good" })).status).toBe(200);
    expect(presented).toEqual([{}, { authorization: "Bearer good" }]);
  });

  it("tells the log how each request ended", async () => {
    await send(`${fixture.url}/cas/${sha256("absent")}`, "GET");
    expect(fixture.finished).toMatchObject([{ method: "GET", route: "cas", status: 404, caller: "anyone" }]);
    expect(fixture.finished[0]!.durationMs).toBeGreaterThan(0);
  });

  it("does not tell clients what went wrong inside", async () => {
    const server = await createHttpServer({
      host: "127.0.0.1",
      port: 0,
      limits: { connectionsMax: 1, stallMs: 1_000 },
      access: () => anyone,
      routes: [
        {
          name: "broken",
          methods: ["GET"],
          matches: () => true,
          handle: () => Promise.reject(new Error("secret")),
        },
      ],
    });
    const reply = await send(server.url, "GET");
    expect([reply.status, reply.body.toString()]).toEqual([500, "internal error; the server's log says more\n"]);
    await server.close(0);
  });

  it("says that an address is taken", async () => {
    const port = Number(new URL(fixture.url).port);
    const opening = createHttpServer({
      host: "127.0.0.1",
      port,
      limits: { connectionsMax: 1, stallMs: 1_000 },
      access: () => anyone,
      routes: [],
    });
    await expect(opening).rejects.toThrow(`cannot listen for HTTP on 127.0.0.1:${port}: another program listens there`);
  });

  it("lets requests end when it closes, and cuts them off after the deadline", async () => {
    let release = (): void => undefined;
    const server = await createHttpServer({
      host: "127.0.0.1",
      port: 0,
      limits: { connectionsMax: 10, stallMs: 60_000 },
      access: () => anyone,
      routes: [
        {
          name: "slow",
          methods: ["GET"],
          matches: (path) => path === "/slow",
          async handle({ response }) {
            await new Promise<void>((resolve) => {
              release = resolve;
              response.writeHead(200);
              response.flushHeaders();
            });
            response.end("done");
          },
        },
        { name: "stuck", methods: ["GET"], matches: () => true, handle: () => new Promise(() => undefined) },
      ],
    });
    const slow = fetch(`${server.url}/slow`);
    const stuck = expect(send(`${server.url}/stuck`, "GET")).rejects.toThrow();
    const response = await slow;
    const closed = server.close(200);
    release();
    expect(await response.text()).toBe("done");
    await stuck;
    await closed;
  });
});

describe("what is no HTTP", () => {
  /** A small generator with a seed, so that a failure can be repeated. */
  function random(seed: number): () => number {
    let state = seed;
    return () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
  }

  it.each([1, 2, 3, 4])("never stops the server (seed %i)", async (seed) => {
    const next = random(seed);
    const hash = sha256("x");
    const words = [
      "GET",
      "PUT",
      "HEAD",
      " /cas/",
      " /ac/",
      hash,
      " HTTP/1.1\r\n",
      "Host: x\r\n",
      "Content-Length: 5\r\n",
      "Content-Length: -1\r\n",
      "Content-Length: 99999999999999999999\r\n",
      "Transfer-Encoding: chunked\r\n",
      "Content-Encoding: zstd\r\n",
      "Expect: 100-continue\r\n",
      "Authorization: Basic !!!\r\n",
      "Range: bytes=5-1\r\n",
      "\r\n",
      "hello",
      "ffffffffffffffff\r\n",
      "\0\x7f\xff",
      "%2e%2e/",
    ];
    for (let round = 0; round < 60; round++) {
      const text = Array.from({ length: 3 + Math.floor(next() * 12) }, () => words[Math.floor(next() * words.length)]!);
      const whole = next() < 0.5 ? `PUT /cas/${hash} HTTP/1.1\r\nHost: x\r\n${text.join("")}` : text.join("");
      const socket = connect(Number(new URL(fixture.url).port), "127.0.0.1");
      socket.on("error", () => undefined);
      socket.resume();
      socket.end(Buffer.from(whole, "latin1"));
      await once(socket, "close");
    }
    expect((await send(`${fixture.url}/healthz`, "GET")).status).toBe(200);
    expect(fixture.finished.filter(({ status }) => status === 500)).toEqual([]);
    const { blobs } = fixture.store;
    expect(await blobs.statByHash("sha256", hash)).toBeUndefined();
  });
});
