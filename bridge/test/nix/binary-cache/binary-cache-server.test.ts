import { once } from "node:events";
import { connect } from "node:net";
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { encodeEntry, makeSecretKeyText, parseNarInfo, printNarInfo, type NarInfo } from "#src/formats/index.js";
import { createSigner } from "#src/nix/registration/index.js";
import { cachedPath, pathOf, STORE_DIR } from "../substitute/fake-cache.js";
import { archivePath, openCacheServer, type CacheServer } from "./open-cache-server.js";

const HASH_PART = "0".repeat(31);
const [a, b] = [pathOf(1), pathOf(2)];
const first = cachedPath(a, "first", [b]);
const second = cachedPath(b, "second");
const descriptionPath = (n: number): string => `/${HASH_PART}${String(n)}.narinfo`;

let server: CacheServer;
beforeEach(async () => {
  server = await openCacheServer({ rights: ["read", "write"] });
});
afterEach(() => server[Symbol.asyncDispose]());

const isValid = async (): Promise<boolean[]> =>
  (await server.context.store.pathInfos.getMany([a, b])).map((info) => info !== undefined);

describe("a binary cache", () => {
  it("serves what it was given", async () => {
    expect(await server.upload(second)).toEqual([200, "stored"]);
    expect(await server.upload(first)).toEqual([200, "stored"]);
    const text = await (await server.get(descriptionPath(1))).text();
    const info = parseNarInfo(STORE_DIR, text);
    expect(info).toMatchObject({
      path: a,
      references: [b],
      signatures: first.info.signatures,
      narHash: first.info.narHash,
    });
    const archive = await server.get(`/${info.url}`);
    expect(Buffer.from(await archive.arrayBuffer())).toEqual(first.nar);
    // By the name under which it came, too: its uploader remembers that.
    expect(Buffer.from(await (await server.get(archivePath(first.nar))).arrayBuffer())).toEqual(first.nar);
  });

  it("answers for what it does not have", async () => {
    for (const path of [descriptionPath(1), archivePath(first.nar), `/${HASH_PART}1.ls`, "/nar/nothing"])
      expect((await server.get(path)).status).toBe(404);
    // A path that is there, under the hash of another archive.
    await server.upload(second);
    const url = parseNarInfo(STORE_DIR, await (await server.get(descriptionPath(2))).text()).url;
    const other = archivePath(first.nar).slice("/nar/".length, -".nar".length);
    expect((await server.get(`/${url.replace(/-[^.]*/, `-${other}`)}`)).status).toBe(404);
  });

  it("adds its own signatures, and keeps those that are there", async () => {
    await using signing = await openCacheServer({
      signer: createSigner([makeSecretKeyText("ours-1", new Uint8Array(32).fill(3))], STORE_DIR),
    });
    await signing.upload(second);
    const info = parseNarInfo(STORE_DIR, await (await signing.get(descriptionPath(2))).text());
    expect(info.signatures.map((signature) => signature.split(":")[0])).toEqual(["test-1", "ours-1"]);
  });

  it.each([
    [".zst", zstdCompressSync],
    ["", gzipSync],
    [".br", brotliCompressSync],
  ] as const)("takes archives packed as '%s', and gives them back so", async (suffix, pack) => {
    const file = pack(second.nar);
    expect(await server.put(archivePath(file, suffix), file)).toEqual([200, "stored"]);
    const head = await fetch(`${server.url}${archivePath(file, suffix)}`, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length")]).toEqual([200, String(file.byteLength)]);
    const described: Partial<NarInfo> = {
      ...{ url: archivePath(file, suffix).slice(1), fileSizeBytes: file.byteLength },
    };
    const text = printNarInfo(STORE_DIR, { ...second.info, ...described });
    expect(await server.put(descriptionPath(2), text)).toEqual([200, "stored"]);
    expect((await server.get(archivePath(file, suffix))).status).toBe(200);
    expect(await isValid()).toEqual([false, true]);
  });

  it("does not change what is valid", async () => {
    await server.upload(second);
    const before = await server.context.store.pathInfos.get(b);
    expect(await server.upload(cachedPath(b, "other"))).toEqual([200, "stored"]);
    expect(await server.context.store.pathInfos.get(b)).toEqual(before);
  });

  it("serves an archive by the root of its tree", async () => {
    await server.upload(second);
    const { node } = (await server.context.store.pathInfos.get(b))!;
    const name = Buffer.from(encodeEntry(node)).toString("base64url");
    const whole = await server.get(`/nar/snix-castore/${name}?narsize=1`);
    expect(Buffer.from(await whole.arrayBuffer())).toEqual(second.nar);
    const part = await server.get(`/nar/tvix-castore/${name}`, { range: "bytes=5-9" });
    expect(Buffer.from(await part.arrayBuffer())).toEqual(second.nar.subarray(5, 10));
    if (node.type !== "file") throw new Error("a file was stored");
    const absent = Buffer.from(encodeEntry({ ...node, type: "directory" })).toString("base64url");
    expect((await server.get(`/nar/snix-castore/${absent}`)).status).toBe(404);
  });
});

describe("uploads that are refused", () => {
  it("lack a signature", async () => {
    expect(await server.upload(second, { signatures: [] })).toEqual([
      400,
      `cannot add path '${STORE_DIR}/${b}' because it lacks a signature by a trusted key`,
    ]);
    expect(await isValid()).toEqual([false, false]);
    await using trusting = await openCacheServer({ rights: ["read", "write", "admin"] });
    expect(await trusting.upload(second, { signatures: [] })).toEqual([200, "stored"]);
  });

  it("refer to what is not here", async () => {
    const [status, text] = await server.upload(first);
    expect([status, text]).toEqual([412, expect.stringContaining(`its reference '${STORE_DIR}/${b}' is not valid`)]);
  });

  it("come from those who may only read", async () => {
    await using reading = await openCacheServer({ rights: ["read"] });
    expect((await reading.upload(second))[0]).toBe(403);
  });

  it.each<[string, Partial<NarInfo>, string]>([
    ["of another path", { path: a }, "is not the description of"],
    ["whose file has another size", { fileSizeBytes: 7 }, "bytes, not 7"],
    ["of an archive that did not come", { url: `nar/${"0".repeat(52)}.nar` }, "before the description"],
    ["whose archive has another size", { narSizeBytes: 999 }, "lacks a signature"],
    ["that claims an address", { ca: { method: "nar", hash: first.info.narHash } }, "claims to be content-addressed"],
  ])("are descriptions %s", async (_, changed, message) => {
    const described = { ...second.info, ...changed };
    await server.put(archivePath(second.nar), second.nar);
    const url = changed.url ?? archivePath(second.nar).slice(1);
    const [status, text] = await server.put(descriptionPath(2), printNarInfo(STORE_DIR, { ...described, url }));
    expect([400, 412]).toContain(status);
    expect(text).toContain(message);
    expect(await isValid()).toEqual([false, false]);
  });

  it("are archives that are not what their name says", async () => {
    const [status, text] = await server.put(archivePath(first.nar), second.nar);
    expect([status, text]).toEqual([400, expect.stringContaining("the body's SHA-256 is")]);
    expect((await fetch(`${server.url}${archivePath(first.nar)}`, { method: "HEAD" })).status).toBe(404);
  });

  it.each([
    ["cut off", second.nar.subarray(0, 50)],
    ["with something behind", Buffer.concat([second.nar, second.nar])],
    ["that are none", Buffer.from("x".repeat(100))],
    ["empty", Buffer.alloc(0)],
    ["with a name that leaves the tree", evilNar("../x")],
    ["with a name of several parts", evilNar("a/b")],
  ])("are archives %s", async (_, nar) => {
    expect((await server.put(archivePath(nar), nar))[0]).toBe(400);
    expect((await server.put(archivePath(gzipSync(nar)), gzipSync(nar)))[0]).toBe(400);
  });

  it("are packed in a way that we do not know, or damaged", async () => {
    expect((await server.put(archivePath(second.nar, ".lzip"), second.nar))[0]).toBe(501);
    expect((await server.put(archivePath(second.nar, ".zst"), second.nar))[0]).toBe(400);
    const cut = zstdCompressSync(second.nar).subarray(0, -3);
    expect((await server.put(archivePath(cut, ".zst"), cut))[0]).toBe(400);
  });

  it("are too large, packed or not", async () => {
    await using small = await openCacheServer({ archiveBytesMax: 100_000 });
    const large = cachedPath(b, "x".repeat(200_000));
    expect((await small.put(archivePath(large.nar), large.nar))[0]).toBe(413);
    const bomb = zstdCompressSync(large.nar);
    expect(bomb.byteLength).toBeLessThan(1000);
    expect((await small.put(archivePath(bomb, ".zst"), bomb))[0]).toBe(413);
  });

  it("are descriptions that are none, or endless", async () => {
    expect((await server.put(descriptionPath(2), "StorePath: nothing\n"))[0]).toBe(400);
    expect((await server.put(descriptionPath(2), "x".repeat(5 << 20)))[0]).toBe(413);
  });

  it("are files that the server makes itself, and claims that need trust", async () => {
    expect((await server.put("/nix-cache-info", "StoreDir: /elsewhere\n"))[0]).toBe(403);
    const drv = `${HASH_PART}1-x.drv`;
    expect((await server.put(`/log/${drv}`, "lies"))[0]).toBe(403);
    expect((await server.put(`/build-trace-v2/${drv}/out.doi`, JSON.stringify({ outPath: b })))[0]).toBe(403);
    const id = `sha256:${"0".repeat(64)}!out`;
    const realisation = JSON.stringify({ id, outPath: b, signatures: ["test-1:AAAA"], dependentRealisations: {} });
    expect((await server.put(`/realisations/${id}.doi`, realisation))[0]).toBe(400);
  });
});

describe("clients that", () => {
  it("stop reading are left when nothing has moved for too long", async () => {
    const given = Promise.withResolvers<string>();
    await using impatient = await openCacheServer({
      ...{ archiveBytesMax: 1 << 26, stallMs: 200 },
      onRequestEnd: ({ method, path }) => (method === "GET" ? given.resolve(path) : undefined),
    });
    const large = cachedPath(b, "x".repeat(32 << 20));
    expect(await impatient.upload(large)).toEqual([200, "stored"]);
    const { hostname, port } = new URL(impatient.url);
    const socket = connect(Number(port), hostname);
    socket.on("error", () => undefined);
    socket.pause();
    socket.write(`GET ${archivePath(large.nar)} HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(await given.promise).toBe(archivePath(large.nar));
    const closed = once(socket, "close");
    socket.resume();
    await closed;
    expect(socket.bytesRead).toBeLessThan(large.nar.byteLength);
  });

  it("vanish within an upload leave nothing", async () => {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.on("error", () => undefined);
    const name = archivePath(second.nar);
    socket.write(`PUT ${name} HTTP/1.1\r\nHost: x\r\nContent-Length: ${String(second.nar.byteLength)}\r\n\r\n`);
    socket.write(second.nar.subarray(0, 60), () => socket.destroy());
    await once(socket, "close");
    expect((await fetch(`${server.url}${name}`, { method: "HEAD" })).status).toBe(404);
    expect(await server.upload(second)).toEqual([200, "stored"]);
  });
});

/** A directory with one entry of that name. */
function evilNar(name: string): Buffer {
  const word = (text: string): Buffer => {
    const bytes = Buffer.alloc(8 + Math.ceil(text.length / 8) * 8);
    bytes.writeUInt32LE(text.length);
    bytes.write(text, 8, "latin1");
    return bytes;
  };
  const words = ["nix-archive-1", "(", "type", "directory", "entry", "(", "name", name, "node", "("];
  return Buffer.concat([...words, "type", "symlink", "target", "x", ")", ")", ")"].map(word));
}
