import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { FetchBlobResponse__Output } from "@causeway/reapi-protos/types/build/bazel/remote/asset/v1/FetchBlobResponse.js";
import type { FetchDirectoryResponse__Output } from "@causeway/reapi-protos/types/build/bazel/remote/asset/v1/FetchDirectoryResponse.js";
import { digestBytes, type Digest, type DigestFunction } from "#src/digest/index.js";
import { byteStringOf, encodeReapiDirectory } from "#src/formats/index.js";
import {
  createAssetFetchService,
  createAssetIndex,
  createAssetPushService,
  protoMethods,
  type AssetFetchOptions,
  type Service,
} from "#src/grpc/index.js";
import { Code } from "#src/status/index.js";
import { createMemoryStore, type Store } from "#src/store/index.js";
import { callOf, callUnary } from "./call-service.js";

const methods = await protoMethods();
const uri = "urn:fdc:example.org:2020:artifact:x";

let store: Store;
let service: Service;
let nowMs = 1_000_000;

function open(download?: AssetFetchOptions["download"]): void {
  const assets = createAssetIndex(store.actionCache);
  const clock = { nowMs: () => nowMs };
  service = [
    ...createAssetPushService({ methods: methods.push, assets, blobs: store.blobs, clock }),
    ...createAssetFetchService({
      methods: methods.fetch,
      assets,
      store,
      clock,
      ...(download === undefined ? {} : { download }),
    }),
  ];
}

beforeEach(() => {
  store = createMemoryStore();
  open();
});

async function put(text: string | Uint8Array, fn: DigestFunction = "sha256"): Promise<Digest> {
  const bytes = Buffer.from(text);
  await store.blobs.writeMany([{ bytes }]);
  return digestBytes(fn, bytes);
}

const wire = ({ hash, sizeBytes }: Digest): object => ({ hash, sizeBytes });
const seen = ({ hash, sizeBytes }: Digest): object => ({ hash, sizeBytes: String(sizeBytes) });
const fetchBlob = (request: object): Promise<FetchBlobResponse__Output> =>
  callUnary(service, "FetchBlob", { uris: [uri], ...request });
const fetchDirectory = (request: object): Promise<FetchDirectoryResponse__Output> =>
  callUnary(service, "FetchDirectory", { uris: [uri], ...request });
const push = (digest: Digest, request: object = {}): Promise<unknown> =>
  callUnary(service, "PushBlob", { uris: [uri], blobDigest: wire(digest), ...request });

async function putDirectory(file: Digest): Promise<Digest> {
  const files = [{ name: byteStringOf("f"), digest: file, isExecutable: false }];
  return put(encodeReapiDirectory({ files, directories: [], symlinks: [] }), file.fn);
}

describe("an asset", () => {
  it("is found by each of its URIs and exactly its qualifiers, in its instance", async () => {
    const digest = await put("content");
    const qualifiers = [
      { name: "vcs.commit", value: "1" },
      { name: "resource_type", value: "text/plain" },
    ];
    await push(digest, { uris: ["a", "b"], qualifiers, instanceName: "i" });
    const found = await fetchBlob({ uris: ["other", "b"], qualifiers: [...qualifiers].reverse(), instanceName: "i" });
    expect(found).toMatchObject({ uri: "b", blobDigest: seen(digest), digestFunction: "SHA256" });
    expect(found.status?.code ?? 0).toBe(0);
    for (const other of [
      { uris: ["a"], instanceName: "i" },
      { uris: ["a"], qualifiers },
      { uris: ["c"], qualifiers, instanceName: "i" },
    ])
      expect((await fetchBlob(other)).status!.code).toBe(Code.NotFound);
    expect((await fetchDirectory({ uris: ["a"], qualifiers, instanceName: "i" })).status!.code).toBe(Code.NotFound);
  });

  it("is what was pushed last", async () => {
    await push(await put("old"));
    await push(await put("new", "blake3"), { digestFunction: "BLAKE3" });
    expect((await fetchBlob({})).blobDigest).toEqual(seen(digestBytes("sha256", Buffer.from("new"))));
    expect((await fetchBlob({ digestFunction: "BLAKE3" })).blobDigest).toEqual(
      seen(digestBytes("blake3", Buffer.from("new"))),
    );
  });

  it("is a directory under either function", async () => {
    const root = await putDirectory(await put("file"));
    await callUnary(service, "PushDirectory", { uris: [uri], rootDirectoryDigest: wire(root) });
    expect((await fetchDirectory({})).rootDirectoryDigest).toEqual(seen(root));
    const other = await fetchDirectory({ digestFunction: "BLAKE3" });
    const expected = await putDirectory(await put("file", "blake3"));
    expect(other.rootDirectoryDigest).toEqual(seen(expected));
    const { digest } = await store.trees.fromReapi(expected);
    expect(await store.directories.get(digest)).toBeDefined();
  });

  it("is refused when its content or what it refers to is not there", async () => {
    const [there, absent] = [await put("there"), digestBytes("sha256", Buffer.from("absent"))];
    const missing = { code: Code.FailedPrecondition };
    await expect(push(absent)).rejects.toMatchObject(missing);
    await expect(push(there, { referencesBlobs: [wire(absent)] })).rejects.toMatchObject(missing);
    await expect(push(there, { referencesDirectories: [wire(await putDirectory(absent))] })).rejects.toMatchObject({
      details: [{ kind: "missing-blobs", subjects: [`blobs/${absent.hash}/6`] }],
    });
    await push(there, { referencesBlobs: [wire(there)], referencesDirectories: [wire(await putDirectory(there))] });
    expect((await fetchBlob({})).blobDigest).toEqual(seen(there));
  });

  it("is not found past its end, nor when only newer content is accepted", async () => {
    await push(await put("x"), { expireAt: { seconds: 2000 } });
    expect((await fetchBlob({})).expiresAt).toMatchObject({ seconds: "2000" });
    expect((await fetchBlob({ oldestContentAccepted: { seconds: 1001 } })).status!.code).toBe(Code.NotFound);
    nowMs = 2_000_000;
    expect((await fetchBlob({})).status!.code).toBe(Code.NotFound);
    nowMs = 1_000_000;
  });

  it("is not asked for with qualifiers that nobody knows, or twice the same, or without a URI", async () => {
    const bad = (request: object): Promise<unknown> => fetchBlob(request).catch((error: unknown) => error);
    expect(await bad({ qualifiers: [{ name: "color", value: "red" }] })).toMatchObject({
      code: Code.InvalidArgument,
      details: [
        { kind: "bad-request", violations: [{ field: "qualifiers.name", description: '"color" not supported' }] },
      ],
    });
    const twice = { name: "vcs.branch", value: "a" };
    expect(await bad({ qualifiers: [twice, twice] })).toMatchObject({ code: Code.InvalidArgument });
    expect(await bad({ uris: [] })).toMatchObject({ code: Code.InvalidArgument });
    expect(await bad({ digestFunction: "SHA1" })).toMatchObject({ code: Code.InvalidArgument });
  });

  it("is pushed by who may write only, and with the checksum it has", async () => {
    const reader = { name: "r", anonymous: false, allows: (right: string) => right === "read" };
    const digest = await put("x");
    const request = { uris: [uri], blobDigest: wire(digest) };
    await expect(callUnary(service, "PushBlob", request, callOf(reader))).rejects.toMatchObject({
      code: Code.PermissionDenied,
    });
    const sri = (text: string): object => ({ qualifiers: [{ name: "checksum.sri", value: sriOf(text) }] });
    await expect(push(digest, sri("y"))).rejects.toMatchObject({ code: Code.InvalidArgument });
    await push(digest, sri("x"));
    expect((await fetchBlob(sri("x"))).blobDigest).toEqual(seen(digest));
  });
});

function sriOf(text: string, algorithm = "sha256"): string {
  return `${algorithm}-${createHash(algorithm).update(text).digest("base64")}`;
}

describe("downloads", () => {
  let server: Server;
  let base = "";
  let requests = 0;
  let header: string | undefined;

  beforeAll(async () => {
    server = createServer((request, response) => {
      requests++;
      header = request.headers["x-token"] as string | undefined;
      if (request.url === "/file") response.end("downloaded");
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it("do not happen unless they are switched on, nor for readers", async () => {
    requests = 0;
    expect((await fetchBlob({ uris: [`${base}/file`] })).status!.code).toBe(Code.NotFound);
    open({ sizeBytesMax: 1000, timeoutMs: 5000 });
    const reader = { name: "r", anonymous: false, allows: (right: string) => right === "read" };
    const found = await callUnary<FetchBlobResponse__Output>(
      service,
      "FetchBlob",
      { uris: [`${base}/file`] },
      callOf(reader),
    );
    expect([found.status!.code, requests]).toEqual([Code.NotFound, 0]);
  });

  it("are kept under their checksum, and send the headers that are asked for", async () => {
    open({ sizeBytesMax: 1000, timeoutMs: 5000 });
    requests = 0;
    const qualifiers = [
      { name: "checksum.sri", value: `${sriOf("wrong")} ${sriOf("downloaded", "sha512")}` },
      { name: "http_header:X-Token", value: "secret" },
    ];
    const request = { uris: [`${base}/none`, `${base}/file`], qualifiers };
    const found = await fetchBlob(request);
    expect(found).toMatchObject({
      uri: `${base}/file`,
      blobDigest: seen(digestBytes("sha256", Buffer.from("downloaded"))),
    });
    expect([header, requests]).toEqual(["secret", 2]);
    await fetchBlob(request);
    expect(requests).toBe(2);
  });

  it.each([
    [{ uris: ["/none"] }, Code.NotFound],
    [{ uris: ["/file"], qualifiers: [{ name: "checksum.sri", value: sriOf("other") }] }, Code.Aborted],
  ])("say in the response what went wrong: %j", async (request, code) => {
    open({ sizeBytesMax: 1000, timeoutMs: 5000 });
    const found = await fetchBlob({ ...request, uris: request.uris.map((path) => base + path) });
    expect(found.status!.code).toBe(code);
    expect(found.blobDigest).toBeUndefined();
  });

  it("are bounded", async () => {
    open({ sizeBytesMax: 5, timeoutMs: 5000 });
    expect((await fetchBlob({ uris: [`${base}/file`] })).status!.code).toBe(Code.ResourceExhausted);
  });

  it("are refused for a checksum that proves nothing", async () => {
    open({ sizeBytesMax: 1000, timeoutMs: 5000 });
    const qualifiers = [{ name: "checksum.sri", value: "md5-rL0Y20zC+Fzt72VPzMSk2A==" }];
    await expect(fetchBlob({ uris: [`${base}/file`], qualifiers })).rejects.toMatchObject({
      code: Code.InvalidArgument,
    });
  });
});
