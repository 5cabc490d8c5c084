import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connect, protoMethods } from "@causeway/bridge/grpc";
import { Code } from "@causeway/bridge/status";
import { createServerHome, type ServerHome } from "./start-server.ts";

let home: ServerHome;
beforeEach(async () => {
  home = await createServerHome();
});
afterEach(async () => {
  await home[Symbol.asyncDispose]();
});

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

async function put(http: string, text: string, headers: Record<string, string> = {}): Promise<number> {
  return (await fetch(`${http}/cas/${sha256(text)}`, { method: "PUT", body: text, headers })).status;
}

async function get(http: string, text: string): Promise<string | number> {
  const response = await fetch(`${http}/cas/${sha256(text)}`);
  return response.ok ? response.text() : response.status;
}

/** What the health service says. */
async function healthOf(grpc: string): Promise<string> {
  await using channel = await connect(grpc);
  const { health } = await protoMethods();
  return String((await channel.unary(health.check, {})).status);
}

describe("causeway serve", () => {
  it("serves without any configuration, and ends well when it is told to", async () => {
    const server = home.start();
    const { grpc, http } = await server.ready();
    expect(grpc).toMatch(/^grpc:\/\/127\.0\.0\.1:[1-9]\d+$/);
    expect(await healthOf(grpc)).toBe("SERVING");
    expect(await put(http, "hello")).toBe(200);
    expect(await get(http, "hello")).toBe("hello");
    expect(await (await fetch(`${http}/healthz`)).text()).toBe("ready\n");
    expect(await (await fetch(`${http}/metrics`)).text()).toContain(
      'causeway_grpc_call_duration_seconds_count{method="/grpc.health.v1.Health/Check",code="Ok"',
    );
    expect(await (await fetch(`${http}/status`)).json()).toMatchObject({ state: "ready", callsInFlight: 0 });
    server.signal("SIGTERM");
    const { exit, stderr } = await server.ended();
    expect(exit).toBe(0);
    const lines = stderr
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { msg: string; level: string });
    expect(lines.map(({ msg }) => msg)).toEqual(["serving the store and execution", "stopping", "stopped"]);
  });

  it("finds an asset that was pushed, under either digest function", async () => {
    const { grpc, http } = await home.start().ready();
    await put(http, "asset");
    await using channel = await connect(grpc);
    const { fetch: asset, push } = await protoMethods();
    const uris = ["urn:example:asset"];
    const blobDigest = { hash: sha256("asset"), sizeBytes: 5 };
    await channel.unary(push.pushBlob, { uris, blobDigest });
    const found = await channel.unary(asset.fetchBlob, { uris, digestFunction: "BLAKE3" });
    expect(found).toMatchObject({ uri: uris[0], digestFunction: "BLAKE3", blobDigest: { sizeBytes: "5" } });
    expect((await channel.unary(asset.fetchBlob, { uris: [`${http}/healthz`] })).status?.code).toBe(Code.NotFound);
  });

  it("downloads an asset where that is allowed", async () => {
    const { grpc, http } = await home.start({ config: "assets: { download: true, downloadBytes: 100 }" }).ready();
    await using channel = await connect(grpc);
    const { fetch: asset } = await protoMethods();
    const found = await channel.unary(asset.fetchBlob, { uris: [`${http}/healthz`] });
    expect(found.blobDigest).toMatchObject({ hash: sha256("ready\n"), sizeBytes: "6" });
    const large = await channel.unary(asset.fetchBlob, { uris: [`${http}/metrics`] });
    expect(large.status?.code).toBe(Code.ResourceExhausted);
  });

  it("lets what runs end before it does", async () => {
    const server = home.start();
    const { http } = await server.ready();
    const upload = request(`${http}/cas/${sha256("slowly")}`, { method: "PUT", headers: { "content-length": 6 } });
    upload.setHeader("expect", "100-continue");
    const answered = once(upload, "response");
    upload.flushHeaders();
    await once(upload, "continue"); // It is being read.
    server.signal("SIGTERM");
    await server.said('"msg":"stopping"');
    upload.end("slowly");
    const [response] = (await answered) as [{ statusCode: number; resume(): void }];
    response.resume();
    expect(response.statusCode).toBe(200);
    expect((await server.ended()).exit).toBe(0);
  });

  it.each([
    ["after its deadline", "drainSeconds: 0", [], 0],
    ["at once with a second signal", "drainSeconds: 600", ["SIGINT"], 130],
  ] as const)("does not wait for ever: %s", async (_case, config, more, exit) => {
    const server = home.start({ config });
    const { http } = await server.ready();
    const upload = request(`${http}/cas/${sha256("never")}`, { method: "PUT", headers: { "content-length": 5 } });
    upload.on("error", () => undefined);
    upload.setHeader("expect", "100-continue");
    upload.flushHeaders();
    await once(upload, "continue");
    server.signal("SIGTERM");
    await server.said('"msg":"stopping"');
    for (const name of more) server.signal(name);
    expect((await server.ended()).exit).toBe(exit);
    upload.destroy();
  });

  it("has after kill -9 what it had acknowledged", async () => {
    const first = home.start();
    const { http } = await first.ready();
    expect(await put(http, "kept")).toBe(200);
    first.signal("SIGKILL");
    expect((await first.ended()).exit).toBe("SIGKILL");
    const second = await home.start().ready();
    expect(await get(second.http, "kept")).toBe("kept");
  });

  it("says that its port is taken, and leaves the state free", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const taken = `127.0.0.1:${port}`;
    for (const [words, message] of [
      [["--listen", taken, "--http", "none"], `listening on ${taken}`],
      [
        ["--listen", "127.0.0.1:0", "--http", taken],
        `cannot listen for HTTP on ${taken}: another program listens there`,
      ],
    ] as const) {
      const { exit, stderr } = await home.start({ words }).ended();
      expect([exit, stderr]).toEqual([1, expect.stringContaining(`error: ${message}`) as string]);
    }
    other.close();
    await home.start().ready();
  });

  it("says who has its state", async () => {
    const { pid } = await home.start().ready();
    const { exit, stderr } = await home.start().ended();
    expect(exit).toBe(1);
    expect(stderr).toContain(`is in use by process ${pid}`);
    const gc = await home.run(["store", "gc", "--state", home.state]);
    expect(gc.stderr).toContain(`is in use by process ${pid}`);
  });

  it("says what is wrong with its configuration, and where", async () => {
    const wrong = await home.start({ config: "listne: 1\nlimits:\n  batchBytes: few\n" }).ended();
    expect([wrong.exit, wrong.stdout]).toEqual([1, ""]);
    expect(wrong.stderr).toMatch(/serve-0\.yaml:1:1: listne: there is no such key; did you mean 'listen'\?/);
    expect(wrong.stderr).toMatch(/serve-0\.yaml:3:3: limits\.batchBytes: must be a size/);
    const open = await home.start({ words: ["--listen", "0.0.0.0:0"] }).ended();
    expect([open.exit, open.stderr]).toEqual([
      1,
      expect.stringMatching(/--listen: listen: everybody who reaches/) as string,
    ]);
    const absent = await home.start({ words: ["--config", join(home.directory, "absent.yaml")] }).ended();
    expect([absent.exit, absent.stderr]).toEqual([1, expect.stringContaining("reading the configuration") as string]);
  });

  it("lets in whom its configuration names", async () => {
    const hashed = await home.run(["serve", "--hash-password"], "correct horse\n");
    expect(hashed.stdout).toMatch(/^scrypt:/);
    const config = [
      "credentials:",
      "  users:",
      `    - {name: ada, passwordHash: "${hashed.stdout.trim()}"}`,
      "  tokens:",
      `    - {name: ci, sha256: ${sha256("token")}}`,
      "rules:",
      "  - {callers: [ada], rights: [read, write]}",
      "anonymousRights: [read]",
    ].join("\n");
    const { grpc, http } = await home.start({ config }).ready();
    const basic = (password: string): string => `Basic ${Buffer.from(`ada:${password}`).toString("base64")}`;
    expect(await put(http, "x")).toBe(401);
    expect(await put(http, "x", { authorization: basic("wrong") })).toBe(401);
    expect(await put(http, "x", { authorization: "Bearer token" })).toBe(403);
    expect(await put(http, "x", { authorization: basic("correct horse") })).toBe(200);
    expect(await get(http, "x")).toBe("x");
    const { execution } = await protoMethods();
    await using channel = await connect(grpc, { headers: { authorization: basic("correct horse") } });
    const actionDigest = { hash: sha256("x"), sizeBytes: 1 };
    await expect(Array.fromAsync(channel.serverStream(execution.execute, { actionDigest }))).rejects.toMatchObject({
      code: Code.PermissionDenied,
    });
  });

  it("keeps its store within its size", async () => {
    const config = "store: {maxSizeBytes: 3000, graceSeconds: 0, checkSeconds: 1}";
    const server = home.start({ config });
    const { http } = await server.ready();
    for (const letter of "abcdef") expect(await put(http, letter.repeat(1000))).toBe(200);
    await server.said('"msg":"collected garbage"');
    const status = (await (await fetch(`${http}/status`)).json()) as { store: { maxSizeBytes: number } };
    expect(status.store.maxSizeBytes).toBe(3000);
    const left = await Promise.all(Array.from("abcdef", (letter) => get(http, letter.repeat(1000))));
    expect(left.filter((text) => text !== 404)).toHaveLength(2);
  });

  it("writes its log where it is told, and opens it again on SIGHUP", async () => {
    const log = join(home.directory, "serve.log");
    const ready = join(home.directory, "ready.json");
    const config = `log: {file: ${log}, level: debug}\nreadyFile: ${ready}\n`;
    const server = home.start({ config });
    const { http, pid } = await server.ready();
    expect(JSON.parse(await readFile(ready, "utf8"))).toMatchObject({ http, pid });
    expect(await get(http, "absent")).toBe(404);
    const says = async (text: string): Promise<boolean> => (await readFile(log, "utf8").catch(() => "")).includes(text);
    const logged = async (text: string): Promise<void> => {
      while (!(await says(text))) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    await logged('"msg":"request"');
    await rename(log, `${log}.1`);
    server.signal("SIGHUP");
    await logged('"msg":"reloaded"');
    server.signal("SIGTERM");
    expect((await server.ended()).exit).toBe(0);
    expect(await readFile(log, "utf8")).toMatch(/"msg":"stopped"/);
    await expect(readFile(ready)).rejects.toThrow("ENOENT");
  });

  it("tells systemd when it is ready, alive and about to stop", async () => {
    const bin = join(home.directory, "bin");
    const told = join(home.directory, "told");
    await mkdir(bin);
    await writeFile(join(bin, "systemd-notify"), `#!/bin/sh\necho "$@" >> ${told}\n`);
    await chmod(join(bin, "systemd-notify"), 0o755);
    const env = { PATH: `${bin}:/usr/bin:/bin`, NOTIFY_SOCKET: "/nowhere", WATCHDOG_USEC: "20000" };
    const server = home.start({ env });
    const { grpc, pid } = await server.ready();
    const words = async (): Promise<string> => readFile(told, "utf8").catch(() => "");
    while (!(await words()).includes("WATCHDOG=1")) await new Promise((resolve) => setTimeout(resolve, 5));
    server.signal("SIGTERM");
    expect((await server.ended()).exit).toBe(0);
    const all = (await words()).trimEnd().split("\n");
    expect(all[0]).toBe(`--pid=${pid} --ready --status=serving on ${grpc}`);
    while (!(await words()).includes("--stopping")) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it("goes on where systemd cannot be told", async () => {
    const server = home.start({ env: { NOTIFY_SOCKET: "/nowhere", PATH: "/nowhere" } });
    await server.ready();
    await server.said("'systemd-notify' is not in PATH");
  });
});

describe("TLS", () => {
  const fixtures = new URL("../../bridge/test/fixtures/tls/", import.meta.url);
  const pem = (name: string): Promise<Buffer> => readFile(new URL(name, fixtures));

  it("is spoken on both ports, and its certificates are read again on SIGHUP", async () => {
    const at = (name: string): string => join(home.directory, name);
    for (const name of ["server.crt", "server.key", "ca.crt"]) await writeFile(at(name), await pem(name));
    const config = [
      `tls: {certificateFile: ${at("server.crt")}, keyFile: ${at("server.key")}, clientCaFile: ${at("ca.crt")}}`,
      "rules: [{callers: [builder], rights: [execute]}]",
    ].join("\n");
    const server = home.start({ config });
    const { grpc, http } = await server.ready();
    expect(grpc).toMatch(/^grpcs:/);
    expect(http).toMatch(/^https:/);
    const { health, execution } = await protoMethods();
    const ca = await pem("ca.crt");
    const address = grpc.replace("127.0.0.1", "localhost");

    await using nobody = await connect(address, { tls: { ca } });
    expect(await nobody.unary(health.check, {})).toMatchObject({ status: "SERVING" });
    const actionDigest = { hash: sha256("x"), sizeBytes: 1 };
    const asked = (channel: typeof nobody): Promise<unknown> =>
      Array.fromAsync(channel.serverStream(execution.execute, { actionDigest }));
    await expect(asked(nobody)).rejects.toMatchObject({ code: Code.Unauthenticated });
    await using builder = await connect(address, {
      tls: { ca, cert: await pem("client.crt"), key: await pem("client.key") },
    });
    await expect(asked(builder)).rejects.toMatchObject({ code: Code.FailedPrecondition });

    await writeFile(at("server.crt"), "broken");
    server.signal("SIGHUP");
    await server.said("the old certificates stay");
    await writeFile(at("server.crt"), await pem("second-server.crt"));
    await writeFile(at("server.key"), await pem("second-server.key"));
    server.signal("SIGHUP");
    await server.said('"msg":"reloaded"');
    await using later = await connect(address, { tls: { ca } });
    expect(await later.unary(health.check, {})).toMatchObject({ status: "SERVING" });
  });
});
