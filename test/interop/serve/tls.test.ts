import { once } from "node:events";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { connect as connectSocket } from "node:net";
import { join } from "node:path";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createHash } from "node:crypto";
import { connect, formatWriteName, hotMethods, protoMethods, type GrpcChannel } from "@causeway/bridge/grpc";
import { Code } from "@causeway/bridge/status";
import { createServerHome, type ServerHome, type ServerProcess } from "../../serve/start-server.ts";
import { createIssuer, type Issuer, type Pair } from "./certificates.ts";
import { shakeHands } from "./openssl-client.ts";

// The other side is OpenSSL's own client, and grpc-js.

let home: ServerHome;
let issuer: Issuer;
let authority: Pair;
const channels: GrpcChannel[] = [];
beforeEach(async () => {
  home = await createServerHome();
  issuer = createIssuer(home.directory);
  authority = issuer.authority("First authority");
});
afterEach(async () => {
  for (const channel of channels.splice(0)) await channel[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

const CALL_MS = 10_000;

interface Secured {
  readonly process: ServerProcess;
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  /** Puts other files in place, without a word to the server. */
  readonly place: (files: { readonly server?: Pair; readonly clientAuthority?: Pair }) => void;
}

async function serveTls(
  server: Pair,
  clients?: { readonly authority: Pair; readonly required: boolean },
): Promise<Secured> {
  const at = (name: string): string => join(home.directory, name);
  const place: Secured["place"] = ({ server: pair, clientAuthority }) => {
    if (pair !== undefined) {
      copyFileSync(pair.cert, at("live.crt"));
      copyFileSync(pair.key, at("live.key"));
    }
    if (clientAuthority !== undefined) copyFileSync(clientAuthority.cert, at("live-ca.crt"));
  };
  place({ server, ...(clients === undefined ? {} : { clientAuthority: clients.authority }) });
  const lines = [`tls:`, `  certificateFile: ${at("live.crt")}`, `  keyFile: ${at("live.key")}`];
  if (clients !== undefined)
    lines.push(`  clientCaFile: ${at("live-ca.crt")}`, `  requireClientCertificate: ${clients.required}`);
  if (clients !== undefined) lines.push("rules: [{callers: [ada], rights: [read, write]}]");
  const process = home.start({ config: lines.join("\n") });
  const { grpc } = await process.ready();
  expect(grpc).toMatch(/^grpcs:\/\/127\.0\.0\.1:\d+$/);
  return { process, address: grpc.slice("grpcs://".length), place };
}

async function channelTo(address: string, client?: Pair, ca: Pair = authority): Promise<GrpcChannel> {
  const own = client === undefined ? {} : { cert: readFileSync(client.cert), key: readFileSync(client.key) };
  const channel = await connect(`grpcs://${address.replace("127.0.0.1", "localhost")}`, {
    tls: { ca: readFileSync(ca.cert), ...own },
    deadlineMs: CALL_MS,
  });
  channels.push(channel);
  return channel;
}

async function healthOf(channel: GrpcChannel): Promise<unknown> {
  return (await channel.unary((await protoMethods()).health.check, {})).status;
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const store = async (channel: GrpcChannel, text: string): Promise<number | undefined> => {
  const data = Buffer.from(text);
  const digest = { hash: sha256(data), sizeBytes: data.byteLength };
  const { responses } = await channel.unary(hotMethods.cas.batchUpdateBlobs, {
    instanceName: "",
    digestFunction: 1,
    requests: [{ digest, data, compressor: 0 }],
  });
  return responses[0]?.status?.code ?? Code.Ok;
};

describe("causeway serve with TLS", () => {
  it("shows its certificate to OpenSSL, speaks HTTP/2 by ALPN, and no protocol before TLS 1.2", async () => {
    const { address } = await serveTls(issuer.server("shown", authority));
    const seen = await shakeHands(address, authority.cert);
    expect(seen, seen.output).toMatchObject({ ok: true, commonName: "shown", protocol: "TLSv1.3", alpn: "h2" });
    expect(await shakeHands(address, authority.cert, ["-tls1_2"])).toMatchObject({ ok: true, protocol: "TLSv1.2" });
    const old = ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"];
    expect(await shakeHands(address, authority.cert, old)).toMatchObject({ ok: false, protocol: undefined });
    const stranger = issuer.authority("Somebody else");
    expect(await shakeHands(address, stranger.cert)).toMatchObject({ ok: false });
    expect(await healthOf(await channelTo(address))).toBe("SERVING");
  });

  it("goes on after clients that speak no TLS, or nothing at all", async () => {
    const { address, process } = await serveTls(issuer.server("s", authority));
    const [host = "", port] = address.split(":");
    const plain = await connect(`grpc://${address}`, { deadlineMs: 2_000 });
    channels.push(plain);
    await expect(healthOf(plain)).rejects.toMatchObject({
      code: expect.toBeOneOf([Code.Unavailable, Code.DeadlineExceeded]) as Code,
    });
    for (const bytes of [
      Buffer.from("GET / HTTP/1.1\r\n\r\n"),
      Buffer.alloc(5000, 0x16),
      Buffer.of(0x16, 3, 1, 255, 255),
    ]) {
      const socket = connectSocket(Number(port), host).on("error", () => undefined);
      await once(socket, "connect");
      socket.write(bytes, () => socket.destroy());
      await once(socket, "close");
    }
    const silent = connectSocket(Number(port), host).on("error", () => undefined);
    await once(silent, "connect");
    expect(await healthOf(await channelTo(address))).toBe("SERVING");
    // Nor does one that never began to shake hands keep it from ending: the server ends it.
    const ended = once(silent, "close");
    process.signal("SIGTERM");
    silent.resume();
    await ended;
    expect((await process.ended()).exit).toBe(0);
  });
});

describe("causeway serve that requires client certificates", () => {
  it("answers whoever has one of its authority, and knows them by name", async () => {
    const clients = issuer.authority("Clients");
    const { address } = await serveTls(issuer.server("s", authority), { authority: clients, required: true });
    expect(await store(await channelTo(address, issuer.client("ada", clients)), "ada's")).toBe(Code.Ok);
    const bob = await channelTo(address, issuer.client("bob", clients));
    expect(await healthOf(bob)).toBe("SERVING");
    await expect(store(bob, "bob's")).rejects.toMatchObject({ code: Code.PermissionDenied });
  });

  it.each<[string, (clients: Pair) => Pair | undefined]>([
    ["none", () => undefined],
    ["one of another authority", () => issuer.client("ada", issuer.authority("Other clients"))],
    // Signed with another key, under the same name.
    ["one of an authority that has taken its name", () => issuer.client("ada", issuer.authority("Clients"))],
    ["one that has run out", (clients) => issuer.client("ada", clients, -1)],
    ["one that is for servers", (clients) => issuer.server("ada", clients)],
  ])("refuses the connection with %s", async (_, make) => {
    const clients = issuer.authority("Clients");
    const { address } = await serveTls(issuer.server("s", authority), { authority: clients, required: true });
    await expect(healthOf(await channelTo(address, make(clients)))).rejects.toMatchObject({ code: Code.Unavailable });
    expect(await healthOf(await channelTo(address, issuer.client("ada", clients)))).toBe("SERVING");
  });

  it("takes a foreign one for nobody's where none is required", async () => {
    const clients = issuer.authority("Clients");
    const { address } = await serveTls(issuer.server("s", authority), { authority: clients, required: false });
    const foreign = await channelTo(address, issuer.client("ada", issuer.authority("Others")));
    expect(await healthOf(foreign)).toBe("SERVING");
    await expect(store(foreign, "x")).rejects.toMatchObject({ code: Code.Unauthenticated });
    expect(await store(await channelTo(address, issuer.client("ada", clients)), "x")).toBe(Code.Ok);
  });
});

describe("on SIGHUP", () => {
  async function reload(process: ServerProcess, says = '"msg":"reloaded"'): Promise<void> {
    process.signal("SIGHUP");
    await process.said(says);
  }

  it("new connections see the new certificate, and an upload on an old one goes on", async () => {
    const { address, process, place } = await serveTls(issuer.server("before", authority));
    const old = await channelTo(address);
    const contents = Buffer.alloc(3_000_000, "x");
    const digest = { fn: "sha256" as const, hash: sha256(contents), sizeBytes: contents.byteLength };
    const reloaded = Promise.withResolvers<unknown>();
    const begun = Promise.withResolvers<unknown>();
    const resourceName = formatWriteName({
      instanceName: "",
      uuid: "00000000-0000-4000-8000-000000000000",
      digest,
      compressor: "identity",
    });
    async function* messages() {
      const half = 1_500_000;
      yield { resourceName, writeOffset: 0, finishWrite: false, data: contents.subarray(0, half) };
      begun.resolve(true);
      await reloaded.promise;
      yield { resourceName: "", writeOffset: half, finishWrite: true, data: contents.subarray(half) };
    }
    const written = old.clientStream(hotMethods.byteStream.write, messages());
    await begun.promise;

    place({ server: issuer.server("after", authority) });
    expect(await shakeHands(address, authority.cert)).toMatchObject({ commonName: "before" });
    await reload(process);
    expect(await shakeHands(address, authority.cert)).toMatchObject({ ok: true, commonName: "after" });
    reloaded.resolve(true);
    expect(await written).toMatchObject({ committedSize: contents.byteLength });
    expect(await healthOf(old)).toBe("SERVING");
  });

  it.each<[string, (live: string) => void]>([
    ["no PEM", (live) => writeFileSync(join(live, "live.crt"), "broken")],
    ["cut off", (live) => writeFileSync(join(live, "live.crt"), readFileSync(join(live, "live.crt")).subarray(0, 200))],
    ["of another key", (live) => copyFileSync(issuer.server("other", authority).cert, join(live, "live.crt"))],
  ])("a certificate that is %s is told of, and the old one stays", async (_, damage) => {
    const { address, process, place } = await serveTls(issuer.server("before", authority));
    damage(home.directory);
    await reload(process, "the old certificates stay");
    expect(await shakeHands(address, authority.cert)).toMatchObject({ ok: true, commonName: "before" });
    expect(await healthOf(await channelTo(address))).toBe("SERVING");
    place({ server: issuer.server("mended", authority) });
    await reload(process);
    expect(await shakeHands(address, authority.cert)).toMatchObject({ ok: true, commonName: "mended" });
  });

  it("the authority of clients changes, also for those that would resume their session", async () => {
    const first = issuer.authority("Clients");
    const second = issuer.authority("Later clients");
    const server = issuer.server("s", authority);
    const { address, process, place } = await serveTls(server, { authority: first, required: true });
    const ada = issuer.client("ada", first);
    const session = await sessionOf(address, ada);
    expect(await isTaken(address, ada, session)).toEqual({ taken: true, resumed: true });
    place({ clientAuthority: second });
    await reload(process);
    expect(await isTaken(address, ada, session)).toMatchObject({ taken: false });
    await expect(healthOf(await channelTo(address, ada))).rejects.toMatchObject({ code: Code.Unavailable });
    expect(await healthOf(await channelTo(address, issuer.client("ada", second)))).toBe("SERVING");
  });
});

const PREFACE = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]), // Empty settings.
]);

function shake(address: string, client: Pair, session?: Buffer): TLSSocket {
  const [host = "", port] = address.split(":");
  const socket = connectTls({
    ...{ host, port: Number(port), servername: "localhost", ALPNProtocols: ["h2"], ca: readFileSync(authority.cert) },
    ...{ cert: readFileSync(client.cert), key: readFileSync(client.key) },
    ...(session === undefined ? {} : { session }),
  });
  socket.on("error", () => undefined);
  socket.once("secureConnect", () => socket.write(PREFACE));
  return socket;
}

async function sessionOf(address: string, client: Pair): Promise<Buffer> {
  const socket = shake(address, client);
  const [session] = (await once(socket, "session")) as [Buffer];
  socket.destroy();
  return session;
}

/** In TLS 1.3 a client has shaken hands before it is refused: what counts is whether HTTP/2 comes back. */
async function isTaken(address: string, client: Pair, session: Buffer): Promise<{ taken: boolean; resumed: boolean }> {
  const socket = shake(address, client, session);
  const taken = await new Promise<boolean>((resolve) => {
    socket.once("data", () => resolve(true));
    socket.once("close", () => resolve(false));
  });
  const resumed = socket.isSessionReused();
  socket.destroy();
  return { taken, resumed };
}
