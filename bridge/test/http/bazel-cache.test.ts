import { once } from "node:events";
import { connect } from "node:net";
import { randomBytes } from "node:crypto";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { byteStringOf, encodeActionResult } from "#src/formats/index.js";
import { digestBytes } from "#src/digest/index.js";
import { Code, StatusError } from "#src/status/index.js";
import { callerWith, openFixture, send, sha256, type Fixture } from "./http-fixture.js";

const blob = Buffer.from("twelve bytes");
const other = Buffer.alloc(100_000, "compressible ");

let fixture: Fixture;
beforeEach(async () => {
  fixture = await openFixture();
});
afterEach(async () => {
  await fixture[Symbol.asyncDispose]();
});

const cas = (bytes: Uint8Array | string): string => `${fixture.url}/cas/${sha256(bytes)}`;

/** A result that names one blob of the CAS. */
function resultNaming(bytes: Uint8Array): Uint8Array {
  return encodeActionResult({
    outputFiles: [{ path: byteStringOf("out"), digest: digestBytes("sha256", bytes), isExecutable: false }],
    outputDirectories: [],
    outputSymlinks: [],
    exitCode: 0,
  });
}

describe("/cas", () => {
  it("keeps a blob and gives it back", async () => {
    expect((await send(cas(blob), "GET")).status).toBe(404);
    expect((await send(cas(blob), "HEAD")).status).toBe(404);
    expect((await send(cas(blob), "PUT", {}, blob)).status).toBe(200);
    const got = await send(cas(blob), "GET");
    expect(got.status).toBe(200);
    expect(got.body).toEqual(blob);
    expect(got.headers["content-length"]).toBe("12");
    const head = await send(cas(blob), "HEAD");
    expect([head.status, head.headers["content-length"], head.body.byteLength]).toEqual([200, "12", 0]);
    expect(fixture.bytes).toEqual(
      new Map([
        ["received identity", 12],
        ["sent identity", 12],
      ]),
    );
  });

  it("shares blobs between instances and with the rest of the store", async () => {
    await fixture.store.blobs.writeMany([{ bytes: blob }]);
    const got = await send(`${fixture.url}/teams/ci/cas/${sha256(blob)}`, "GET");
    expect(got.body).toEqual(blob);
  });

  it("has the empty blob, and takes it", async () => {
    expect((await send(cas(""), "GET")).status).toBe(200);
    expect((await send(cas(""), "PUT", { "content-length": "0" })).status).toBe(200);
    expect((await send(cas("x"), "PUT", { "content-length": "0" })).status).toBe(400);
  });

  it("takes a body whose length is not said", async () => {
    expect((await send(cas(other), "PUT", { "transfer-encoding": "chunked" }, other)).status).toBe(200);
    expect((await send(cas(other), "GET")).body).toEqual(other);
  });

  it.each(["known", "unknown"])("stores nothing under a wrong hash, its length %s", async (length) => {
    const headers = length === "known" ? {} : { "transfer-encoding": "chunked" };
    const reply = await send(cas(blob), "PUT", headers, other);
    expect(reply.status).toBe(400);
    expect((await send(cas(blob), "HEAD")).status).toBe(404);
    expect((await send(cas(other), "HEAD")).status).toBe(404);
  });

  it("compresses for those who ask", async () => {
    await send(cas(other), "PUT", {}, other);
    const got = await send(cas(other), "GET", { "accept-encoding": "gzip, zstd;q=0.8" });
    expect(got.headers["content-encoding"]).toBe("zstd");
    expect(got.body.byteLength).toBeLessThan(1_000);
    expect(zstdDecompressSync(got.body)).toEqual(other);
    expect(fixture.bytes.get("sent zstd")).toBe(got.body.byteLength);
    for (const header of ["gzip", "zstd;q=0", "zstandard", ""])
      expect((await send(cas(other), "GET", { "accept-encoding": header })).body).toEqual(other);
  });

  it("takes compressed bodies", async () => {
    const compressed = zstdCompressSync(other);
    expect((await send(cas(other), "PUT", { "content-encoding": "zstd" }, compressed)).status).toBe(200);
    expect((await send(cas(other), "GET")).body).toEqual(other);
    expect(fixture.bytes.get("received zstd")).toBe(compressed.byteLength);
  });

  it("refuses compressed bodies that are broken, cut off, too large or someone else's", async () => {
    const compressed = zstdCompressSync(other);
    const headers = { "content-encoding": "zstd" };
    const damaged = Buffer.from(compressed);
    damaged[damaged.length >> 1]! ^= 0xff;
    const bomb = zstdCompressSync(Buffer.alloc(50 << 20));
    const wanted: [Uint8Array, number][] = [
      [damaged, 400],
      [compressed.subarray(0, -4), 400],
      [Buffer.from("plain"), 400],
      [zstdCompressSync(blob), 400],
      [bomb, 413],
    ];
    for (const [body, status] of wanted) expect((await send(cas(other), "PUT", headers, body)).status).toBe(status);
    expect((await send(cas(other), "PUT", { "content-encoding": "br" }, blob)).status).toBe(400);
    expect((await send(cas(other), "HEAD")).status).toBe(404);
  });

  it("refuses what is too large before and while it comes", async () => {
    const large = randomBytes((1 << 20) + 1);
    expect((await send(cas(large), "PUT", {}, large)).status).toBe(413);
    expect((await send(cas(large), "PUT", { "transfer-encoding": "chunked" }, large)).status).toBe(413);
    const fits = large.subarray(1);
    expect((await send(cas(fits), "PUT", {}, fits)).status).toBe(200);
  });

  it("asks for a body only when it would take it", async () => {
    const headers = { expect: "100-continue", "content-length": String(blob.byteLength) };
    const taken = await send(cas(blob), "PUT", headers, blob);
    expect([taken.status, taken.continued]).toEqual([200, true]);
    const refused = await send(cas(blob), "PUT", { ...headers, "content-length": String(2 << 20) });
    expect([refused.status, refused.continued, refused.headers.connection]).toEqual([413, false, "close"]);
  });
});

describe("/ac", () => {
  const action = Buffer.from("an action");
  const ac = (bytes: Uint8Array): string => `${fixture.url}/ac/${sha256(bytes)}`;

  it("keeps results by the action's hash alone", async () => {
    await send(cas(blob), "PUT", {}, blob);
    const result = resultNaming(blob);
    expect((await send(ac(action), "GET")).status).toBe(404);
    expect((await send(ac(action), "PUT", {}, result)).status).toBe(200);
    expect((await send(ac(action), "GET")).body).toEqual(Buffer.from(result));
    expect((await send(ac(action), "HEAD")).headers["content-length"]).toBe(String(result.byteLength));
  });

  it("shares results with gRPC where the action is known", async () => {
    await fixture.store.blobs.writeMany([{ bytes: blob }, { bytes: action }]);
    const result = resultNaming(blob);
    await send(ac(action), "PUT", {}, result);
    const found = await fixture.store.actionCache.get(digestBytes("sha256", action));
    expect(Buffer.from(found!)).toEqual(Buffer.from(result));
    const second = Buffer.from("a second action");
    await fixture.store.blobs.writeMany([{ bytes: second }]);
    await fixture.store.actionCache.put(digestBytes("sha256", second), result);
    expect((await send(ac(second), "GET")).body).toEqual(Buffer.from(result));
  });

  it("refuses what is no result, or names blobs that are not here", async () => {
    expect((await send(ac(action), "PUT", {}, "garbage")).status).toBe(400);
    const reply = await send(ac(action), "PUT", {}, resultNaming(blob));
    expect([reply.status, reply.body.toString()]).toEqual([412, expect.stringContaining(sha256(blob)) as string]);
    expect((await send(ac(action), "PUT", {}, Buffer.alloc((1 << 16) + 1))).status).toBe(413);
    expect((await send(ac(action), "GET")).status).toBe(404);
  });
});

describe("rights", () => {
  it.each([
    ["nothing", callerWith(), [403, 403, 403, 403]],
    ["read", callerWith("read"), [200, 403, 404, 403]],
    ["execute", callerWith("execute"), [403, 200, 403, 403]],
    ["write", callerWith("write", "read"), [200, 200, 404, 200]],
  ])("are those of gRPC: %s", async (_name, caller, wanted) => {
    await using guarded = await openFixture({ access: () => caller });
    await guarded.store.blobs.writeMany([{ bytes: blob }]);
    const at = `${guarded.url}/cas/${sha256(blob)}`;
    const action = `${guarded.url}/ac/${sha256("x")}`;
    const statuses = [
      (await send(at, "GET")).status,
      (await send(at, "PUT", {}, blob)).status,
      (await send(action, "GET")).status,
      (await send(action, "PUT", {}, resultNaming(blob))).status,
    ];
    expect(statuses).toEqual(wanted);
  });

  it("do not help on an instance that is not served", async () => {
    await using guarded = await openFixture({
      checkInstance(name) {
        if (name !== "main") throw new StatusError(Code.NotFound, "not here");
      },
    });
    await guarded.store.blobs.writeMany([{ bytes: blob }]);
    expect((await send(`${guarded.url}/main/cas/${sha256(blob)}`, "GET")).status).toBe(200);
    expect((await send(`${guarded.url}/cas/${sha256(blob)}`, "GET")).status).toBe(404);
  });
});

describe("a client", () => {
  it("that vanishes leaves nothing", async () => {
    const socket = connect(Number(new URL(fixture.url).port), "127.0.0.1");
    const head = `PUT /cas/${sha256(other)} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: ${other.length}\r\n\r\n`;
    socket.write(head);
    await once(socket, "data"); // 100 Continue: the body is being read.
    socket.write("half");
    socket.destroy();
    while (fixture.finished.length === 0) await new Promise(setImmediate);
    expect((await send(cas(other), "HEAD")).status).toBe(404);
  });

  it("that stalls is cut off", async () => {
    await using impatient = await openFixture({ stallMs: 50 });
    const socket = connect(Number(new URL(impatient.url).port), "127.0.0.1");
    socket.write(`PUT /cas/${sha256(other)} HTTP/1.1\r\nHost: x\r\nContent-Length: ${other.length}\r\n\r\nhalf`);
    socket.resume();
    await once(socket, "close");
    while (impatient.finished.length === 0) await new Promise(setImmediate);
    expect(await impatient.store.blobs.findMissing([digestBytes("sha256", other)])).toHaveLength(1);
  });
});
