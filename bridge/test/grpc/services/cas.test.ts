import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { beforeEach, describe, expect, it } from "vitest";
import type { Caller } from "#src/access/index.js";
import { digestBytes, digestFunctions, emptyHash, type Digest, type DigestFunction } from "#src/digest/index.js";
import { byteStringOf, encodeReapiDirectory, type Directory } from "#src/formats/index.js";
import { createCasService, type Service } from "#src/grpc/index.js";
import { digestFunctionNumber } from "#src/grpc/digest-function.js";
import { Code } from "#src/status/index.js";
import { createMemoryStore, type Store } from "#src/store/index.js";
import { callOf, callReading, callUnary } from "./call-service.js";

// Source of the rules: REAPI, ContentAddressableStorage.

const BATCH_BYTES_MAX = 10_000;

let store: Store;
let service: Service;
beforeEach(() => {
  store = createMemoryStore();
  service = createCasService({ blobs: store.blobs, limits: { batchBytesMax: BATCH_BYTES_MAX } });
});

const rejects = (code: Code): unknown => expect.objectContaining({ name: "StatusError", code });
const wire = ({ hash, sizeBytes }: Digest): object => ({ hash, sizeBytes });
const numberOf = digestFunctionNumber;
const seeded = (size: number, seed: number): Buffer => Buffer.alloc(size, `${String(seed)} and so on, `);

async function put(bytes: Uint8Array, fn: DigestFunction = "sha256"): Promise<Digest> {
  await store.blobs.writeMany([{ bytes }]);
  return digestBytes(fn, bytes);
}

interface BlobAnswer {
  readonly digest: Digest;
  readonly data: Buffer;
  readonly compressor: number;
  readonly status?: { readonly code: number; readonly message: string };
}

const find = async (digests: readonly object[], more: object = {}): Promise<readonly Digest[]> =>
  (
    await callUnary<{ missingBlobDigests: Digest[] }>(service, "FindMissingBlobs", {
      instanceName: "",
      blobDigests: digests,
      digestFunction: 0,
      ...more,
    })
  ).missingBlobDigests;

const update = async (requests: readonly object[], more: object = {}, call = callOf()): Promise<BlobAnswer[]> =>
  (
    await callUnary<{ responses: BlobAnswer[] }>(
      service,
      "BatchUpdateBlobs",
      { instanceName: "", requests, digestFunction: 0, ...more },
      call,
    )
  ).responses;

const read = async (digests: readonly object[], more: object = {}): Promise<BlobAnswer[]> =>
  (
    await callUnary<{ responses: BlobAnswer[] }>(service, "BatchReadBlobs", {
      instanceName: "",
      digests,
      acceptableCompressors: [],
      digestFunction: 0,
      ...more,
    })
  ).responses;

describe.each(digestFunctions)("with %s", (fn) => {
  const digestFunction = numberOf[fn];
  const digestOf = (bytes: Uint8Array): Digest => digestBytes(fn, bytes);

  it("names what is missing, each once, in order, and never the empty blob", async () => {
    const here = await put(Buffer.from("here"), fn);
    const absent = [digestOf(Buffer.from("one")), digestOf(Buffer.from("two"))];
    const asked = [absent[1]!, here, absent[0]!, { hash: emptyHash[fn], sizeBytes: 0 }, absent[1]!];
    expect(
      await find(
        asked.map(({ hash, sizeBytes }) => ({ hash, sizeBytes })),
        { digestFunction },
      ),
    ).toEqual([wire(absent[1]!), wire(absent[0]!)]);
  });

  it("takes the size for a part of the name", async () => {
    const here = await put(Buffer.from("here"), fn);
    const others = [5, 6].map((sizeBytes) => ({ hash: here.hash, sizeBytes }));
    expect(await find([wire(here), ...others, ...others], { digestFunction })).toEqual(others);
  });

  it("stores and reads a batch, also compressed", async () => {
    const contents = [seeded(1_000, 1), seeded(3_000, 2), Buffer.alloc(0)];
    const stored = await update(
      contents.map((data, i) => ({
        digest: wire(digestOf(data)),
        data: i === 1 ? zstdCompressSync(data) : data,
        compressor: i === 1 ? 1 : 0,
      })),
      { digestFunction },
    );
    expect(stored.map(({ status }) => status?.code ?? 0)).toEqual([0, 0, 0]);
    const digests = contents.map((data) => wire(digestOf(data)));
    const plain = await read(digests, { digestFunction });
    expect(plain.map(({ data, compressor }) => [Buffer.from(data), compressor])).toEqual(
      contents.map((data) => [data, 0]),
    );
    const packed = await read(digests, { digestFunction, acceptableCompressors: [1] });
    expect(packed.map(({ compressor }) => compressor)).toEqual([1, 1, 0]);
    expect(packed.slice(0, 2).map(({ data }) => zstdDecompressSync(data))).toEqual(contents.slice(0, 2));
  });

  it("tells of each blob what is wrong with it, and stores the others", async () => {
    const good = Buffer.from("good");
    const other = Buffer.from("another");
    const answers = await update(
      [
        { digest: wire(digestOf(good)), data: good, compressor: 0 },
        { digest: wire(digestOf(other)), data: Buffer.from("n0other"), compressor: 0 },
        { digest: { hash: digestOf(other).hash, sizeBytes: 3 }, data: other, compressor: 0 },
        { digest: { hash: "not a hash", sizeBytes: 3 }, data: Buffer.from("abc"), compressor: 0 },
        { data: Buffer.from("no digest"), compressor: 0 },
        { digest: wire(digestOf(other)), data: Buffer.from("no zstd"), compressor: 1 },
        { digest: wire(digestOf(other)), data: other, compressor: 2 },
      ],
      { digestFunction },
    );
    expect(answers.map(({ status }) => status?.code ?? 0)).toEqual([0, ...Array<number>(6).fill(Code.InvalidArgument)]);
    expect(await find([wire(digestOf(good)), wire(digestOf(other))], { digestFunction })).toEqual([
      wire(digestOf(other)),
    ]);
  });

  it("refuses zstd that becomes larger than announced", async () => {
    const bomb = zstdCompressSync(Buffer.alloc(50_000_000));
    const [answer] = await update(
      [{ digest: { hash: digestOf(bomb).hash, sizeBytes: 2_000 }, data: bomb, compressor: 1 }],
      { digestFunction },
    );
    expect(answer?.status?.code).toBe(Code.InvalidArgument);
  });

  it("answers NOT_FOUND for the blobs of a batch that are absent", async () => {
    const here = await put(Buffer.from("here"), fn);
    const absent = digestOf(Buffer.from("absent"));
    const answers = await read([wire(absent), wire(here)], { digestFunction });
    expect(answers.map(({ status, data }) => [status?.code ?? 0, Buffer.from(data).toString()])).toEqual([
      [Code.NotFound, ""],
      [0, "here"],
    ]);
    expect(answers[0]?.status?.message).toContain(absent.hash);
  });
});

describe("a batch", () => {
  it("may be as large as announced, and no larger", async () => {
    const fits = seeded(BATCH_BYTES_MAX, 1);
    const [answer] = await update([{ digest: wire(digestBytes("sha256", fits)), data: fits, compressor: 0 }]);
    expect(answer?.status).toBeUndefined();
    expect(await read([wire(digestBytes("sha256", fits))])).toHaveLength(1);
    const over = [seeded(BATCH_BYTES_MAX - 1, 2), seeded(2, 3)];
    const requests = over.map((data) => ({ digest: wire(digestBytes("sha256", data)), data, compressor: 0 }));
    await expect(update(requests)).rejects.toEqual(rejects(Code.InvalidArgument));
    const digests = await Promise.all(over.map(async (data) => wire(await put(data))));
    await expect(read(digests)).rejects.toEqual(rejects(Code.InvalidArgument));
  });

  it("counts what compressed blobs become", async () => {
    const data = Buffer.alloc(BATCH_BYTES_MAX + 1);
    const requests = [{ digest: wire(digestBytes("sha256", data)), data: zstdCompressSync(data), compressor: 1 }];
    await expect(update(requests)).rejects.toEqual(rejects(Code.InvalidArgument));
  });
});

describe("a request", () => {
  it.each([2, 3, 5, 6, 10, 99])("with digest function %i is refused", async (digestFunction) => {
    const data = Buffer.from("a");
    const digest = wire(digestBytes("sha256", data));
    const refused = rejects(Code.InvalidArgument);
    await expect(find([digest], { digestFunction })).rejects.toEqual(refused);
    await expect(read([digest], { digestFunction })).rejects.toEqual(refused);
    await expect(update([{ digest, data, compressor: 0 }], { digestFunction })).rejects.toEqual(refused);
  });

  it.each([
    ["hashes of another length", { hash: "ab".repeat(20), sizeBytes: 3 }],
    ["upper-case digits", { hash: "AB".repeat(32), sizeBytes: 3 }],
    ["a negative size", { hash: "ab".repeat(32), sizeBytes: -1 }],
    ["size 0 of what is not empty", { hash: "ab".repeat(32), sizeBytes: 0 }],
  ])("with %s is refused", async (_name, digest) => {
    await expect(find([digest])).rejects.toEqual(rejects(Code.InvalidArgument));
  });

  it.each(["blobs", "a/uploads/b", "a//b", "/a"])("for the impossible instance %j is refused", async (instanceName) => {
    await expect(find([], { instanceName })).rejects.toEqual(rejects(Code.InvalidArgument));
  });

  it("from somebody who may only read stores nothing", async () => {
    const reader: Caller = { name: "reader", anonymous: false, allows: (right) => right === "read" };
    const data = Buffer.from("poison");
    const requests = [{ digest: wire(digestBytes("sha256", data)), data, compressor: 0 }];
    await expect(update(requests, {}, callOf(reader))).rejects.toEqual(rejects(Code.PermissionDenied));
    expect(await find([wire(digestBytes("sha256", data))])).toHaveLength(1);
  });
});

describe("GetTree", () => {
  const nothing: Directory = { files: [], directories: [], symlinks: [] };
  const putDirectory = (directory: Partial<Directory>): Promise<Digest> =>
    put(encodeReapiDirectory({ ...nothing, ...directory }));
  const named = (name: string, digest: Digest): Directory["directories"][number] => ({
    name: byteStringOf(name),
    digest,
  });

  interface Page {
    readonly directories: readonly Uint8Array[];
    readonly nextPageToken: string;
  }
  const tree = (root: Digest, more: object = {}): Promise<Page[]> =>
    callReading<Page>(service, "GetTree", {
      instanceName: "",
      rootDigest: wire(root),
      pageSize: 0,
      pageToken: "",
      digestFunction: 0,
      ...more,
    });
  const hashes = (pages: readonly Page[]): string[] =>
    pages.flatMap(({ directories }) => directories.map((bytes) => digestBytes("sha256", bytes).hash));

  async function putTree(): Promise<{ root: Digest; all: Digest[] }> {
    const leaves = await Promise.all(
      Array.from({ length: 5 }, (_, i) =>
        putDirectory({ symlinks: [{ name: byteStringOf("l"), target: byteStringOf(String(i)) }] }),
      ),
    );
    const shared = await putDirectory({ directories: leaves.map((leaf, i) => named(`d${String(i)}`, leaf)) });
    const root = await putDirectory({ directories: [named("a", shared), named("b", shared), named("c", leaves[0]!)] });
    return { root, all: [root, shared, leaves[0]!, ...leaves.slice(1)] };
  }

  it("sends every directory once, the root first", async () => {
    const { root, all } = await putTree();
    expect(hashes(await tree(root))).toEqual(all.map(({ hash }) => hash));
  });

  it.each([1, 2, 3, 7, 8])("sends pages of %i, and goes on from each token", async (pageSize) => {
    const { root, all } = await putTree();
    const pages = await tree(root, { pageSize });
    expect(pages.map(({ directories }) => directories.length).every((count) => count <= pageSize)).toBe(true);
    expect(hashes(pages)).toEqual(all.map(({ hash }) => hash));
    expect(pages.at(-1)?.nextPageToken).toBe("");
    for (const [i, { nextPageToken }] of pages.slice(0, -1).entries())
      expect(hashes(await tree(root, { pageSize, pageToken: nextPageToken }))).toEqual(hashes(pages.slice(i + 1)));
  });

  it("leaves out directories that are absent, and fails without the root", async () => {
    const absent = digestBytes("sha256", Buffer.from("absent"));
    const leaf = await putDirectory({ symlinks: [{ name: byteStringOf("l"), target: byteStringOf("t") }] });
    const root = await putDirectory({ directories: [named("absent", absent), named("leaf", leaf)] });
    expect(hashes(await tree(root))).toEqual([root.hash, leaf.hash]);
    await expect(tree(absent)).rejects.toEqual(rejects(Code.NotFound));
  });

  it("refuses foreign tokens, negative sizes, and what is no directory", async () => {
    const { root } = await putTree();
    for (const pageToken of ["1", "x.1", `${"0".repeat(16)}.1`, `${root.hash.slice(0, 16)}.99`])
      await expect(tree(root, { pageToken })).rejects.toEqual(rejects(Code.InvalidArgument));
    await expect(tree(root, { pageSize: -1 })).rejects.toEqual(rejects(Code.InvalidArgument));
    await expect(tree(await put(Buffer.from("no message at all")))).rejects.toEqual(rejects(Code.InvalidArgument));
  });
});

describe("SplitBlob and SpliceBlob", () => {
  const split = async (blob: Digest): Promise<readonly Digest[]> =>
    (
      await callUnary<{ chunkDigests: Digest[] }>(service, "SplitBlob", {
        instanceName: "",
        blobDigest: wire(blob),
        digestFunction: 0,
        chunkingFunction: 1,
      })
    ).chunkDigests;
  const splice = (blob: object, chunks: readonly object[]): Promise<{ blobDigest: Digest }> =>
    callUnary(service, "SpliceBlob", {
      instanceName: "",
      blobDigest: blob,
      chunkDigests: chunks,
      digestFunction: 0,
      chunkingFunction: 1,
    });
  /** Bytes without a period, so that cuts are found in them. */
  function noise(size: number): Buffer {
    const bytes = Buffer.alloc(size);
    let state = 1;
    for (let at = 0; at < size; at += 4)
      bytes.writeUInt32LE((state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0), at);
    return bytes;
  }

  it("cuts a blob into chunks that are there and make it up again", async () => {
    const bytes = noise(4 * 1024 * 1024);
    const blob = await put(bytes);
    const chunks = await split(blob);
    expect(chunks.length).toBeGreaterThan(3);
    expect(await find(chunks.map(wire))).toEqual([]);
    const parts = await store.blobs.readMany(chunks.map((chunk) => ({ ...chunk, fn: "sha256" as const })));
    expect(Buffer.concat(parts.map((part) => part!)).equals(bytes)).toBe(true);
    const fresh = createMemoryStore();
    service = createCasService({ blobs: fresh.blobs });
    await fresh.blobs.writeMany(parts.map((part) => ({ bytes: part! })));
    expect((await splice(wire(blob), chunks.map(wire))).blobDigest).toEqual(wire(blob));
    expect(await fresh.blobs.stat(blob)).toBeDefined();
  });

  it("stores nothing from wrong or absent chunks", async () => {
    const [one, two] = [await put(Buffer.from("one")), await put(Buffer.from("two"))];
    const whole = digestBytes("sha256", Buffer.from("onetwo"));
    const absent = digestBytes("sha256", Buffer.from("six"));
    await expect(splice(wire(whole), [wire(two), wire(one)])).rejects.toEqual(rejects(Code.InvalidArgument));
    await expect(splice(wire(whole), [wire(one)])).rejects.toEqual(rejects(Code.InvalidArgument));
    await expect(splice(wire(whole), [wire(one), wire(absent)])).rejects.toEqual(rejects(Code.NotFound));
    expect(await find([wire(whole)])).toHaveLength(1);
    await expect(split(whole)).rejects.toEqual(rejects(Code.NotFound));
    await splice(wire(whole), [wire(one), wire(two)]);
    expect(await find([wire(whole)])).toEqual([]);
  });
});
