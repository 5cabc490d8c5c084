import { zstdCompressSync } from "node:zlib";
import { beforeEach, describe, expect, it } from "vitest";
import { digestBytes, emptyBlob, digestOf, digestFunctions, type Digest } from "#src/digest/index.js";
import type { ReadResponse, WriteRequest, WriteResponse } from "#src/grpc/codec/byte-stream.js";
import { createByteStreamService, type Service } from "#src/grpc/index.js";
import { Code } from "#src/status/index.js";
import { createMemoryStore, type Store } from "#src/store/index.js";
import { callOf, callReading, callUnary, callWriting } from "./call-service.js";

// Source of the rules: google/bytestream/bytestream.proto, and REAPI's comment on ContentAddressableStorage.

let store: Store;
let service: Service;
beforeEach(() => {
  store = createMemoryStore();
  service = createByteStreamService({ blobs: store.blobs, limits: { blobBytesMax: 1_000_000 } });
});

const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i) % 251));
const digest = digestBytes("sha256", bytes);
const rejects = (code: Code): unknown => expect.objectContaining({ name: "StatusError", code });

const nameOf = ({ fn, hash, sizeBytes }: Digest, prefix: string, kind = "blobs"): string =>
  `${prefix}${kind}/${kind === "blobs" ? "" : "zstd/"}${fn === "blake3" ? "blake3/" : ""}${hash}/${String(sizeBytes)}`;
const uploadOf = (of: Digest, kind?: string, uuid = "u"): string => nameOf(of, `a/b/uploads/${uuid}/`, kind);

function write(...messages: Partial<WriteRequest>[]): Promise<WriteResponse> {
  const whole = messages.map((message) => ({
    resourceName: "",
    writeOffset: 0,
    finishWrite: false,
    data: new Uint8Array(),
    ...message,
  }));
  return callWriting(service, "Write", whole);
}

async function read(resourceName: string, readOffset = 0, readLimit = 0): Promise<Buffer> {
  const answers = await callReading<ReadResponse>(service, "Read", { resourceName, readOffset, readLimit });
  return Buffer.concat(answers.map(({ data }) => data));
}

const statusOf = (resourceName: string, call = callOf()): Promise<{ committedSize: number; complete: boolean }> =>
  callUnary(service, "QueryWriteStatus", { resourceName }, call);

describe("a blob that is written", () => {
  it.each(digestFunctions)("comes in pieces, and can be read (%s)", async (fn) => {
    const own = digestBytes(fn, bytes);
    const resourceName = uploadOf(own);
    const answer = await write(
      { resourceName, data: bytes.subarray(0, 100_000) },
      { writeOffset: 100_000, data: bytes.subarray(100_000, 200_000) },
      { resourceName, writeOffset: 200_000, data: bytes.subarray(200_000), finishWrite: true },
    );
    expect(answer.committedSize).toBe(bytes.byteLength);
    expect(await read(nameOf(own, "other/"))).toEqual(bytes);
    expect(await statusOf(resourceName)).toEqual({ committedSize: bytes.byteLength, complete: true });
  });

  it("may be followed by metadata in its name", async () => {
    const data = Buffer.from("small");
    await write({ resourceName: `${uploadOf(digestBytes("sha256", data))}/any/thing`, data, finishWrite: true });
    expect(await store.blobs.stat(digestBytes("blake3", data))).toBeDefined();
  });

  it("is not read again when it is here", async () => {
    await store.blobs.writeMany([{ bytes }]);
    const answer = await write({ resourceName: uploadOf(digest), data: Buffer.from("nothing of it") });
    expect(answer.committedSize).toBe(bytes.byteLength);
    const packed = await write({ resourceName: uploadOf(digest, "compressed-blobs"), data: Buffer.from("x") });
    expect(packed.committedSize).toBe(-1);
    const empty = digestOf(emptyBlob, "sha256");
    expect(await write({ resourceName: uploadOf(empty), finishWrite: true })).toEqual({ committedSize: 0 });
  });

  it("is whole when all its bytes came, for clients that never say finish_write or where they are", async () => {
    const resourceName = uploadOf(digest);
    const answer = await write(
      { resourceName, data: bytes.subarray(0, 100_000) },
      { resourceName, data: bytes.subarray(100_000) },
    );
    expect(answer.committedSize).toBe(bytes.byteLength);
    expect(await read(nameOf(digest, ""))).toEqual(bytes);
  });

  it("is refused as well in that case if it is another", async () => {
    const data = Buffer.alloc(bytes.byteLength);
    await expect(write({ resourceName: uploadOf(digest), data })).rejects.toEqual(rejects(Code.InvalidArgument));
    await expect(statusOf(uploadOf(digest))).rejects.toEqual(rejects(Code.NotFound));
  });

  it("comes compressed, in one message or many, in one frame or many", async () => {
    const packed = Buffer.concat([zstdCompressSync(bytes.subarray(0, 1000)), zstdCompressSync(bytes.subarray(1000))]);
    const resourceName = uploadOf(digest, "compressed-blobs");
    const answer = await write(
      { resourceName, data: packed.subarray(0, 20) },
      { writeOffset: 20, data: packed.subarray(20), finishWrite: true },
    );
    expect(answer.committedSize).toBe(packed.byteLength);
    expect(await read(nameOf(digest, ""))).toEqual(bytes);
    const small = Buffer.from("small");
    const own = digestBytes("blake3", small);
    await write({ resourceName: uploadOf(own, "compressed-blobs"), data: zstdCompressSync(small), finishWrite: true });
    expect(await read(nameOf(own, ""))).toEqual(small);
  });

  it.each<[string, string, Partial<WriteRequest>[]]>([
    ["another content", uploadOf(digest), [{ data: Buffer.alloc(bytes.byteLength), finishWrite: true }]],
    ["too few bytes", uploadOf(digest), [{ data: bytes.subarray(1), finishWrite: true }]],
    ["too many bytes", uploadOf(digest), [{ data: bytes }, { writeOffset: bytes.byteLength, data: Buffer.from("x") }]],
    ["a gap", uploadOf(digest), [{ data: bytes.subarray(0, 10) }, { writeOffset: 11, data: bytes.subarray(11) }]],
    [
      "a beginning that is not here",
      uploadOf(digest),
      [{ writeOffset: 7, data: bytes.subarray(7), finishWrite: true }],
    ],
    ["another name on the way", uploadOf(digest), [{ data: bytes }, { resourceName: "x", writeOffset: 300_000 }]],
    ["no zstd", uploadOf(digest, "compressed-blobs"), [{ data: bytes, finishWrite: true }]],
    ["bytes behind the frame", uploadOf(digest, "compressed-blobs"), [{ data: trailing(), finishWrite: true }]],
    ["more than announced when unpacked", bomb().name, [{ data: bomb().data, finishWrite: true }]],
    ["a size above the limit", uploadOf({ ...digest, sizeBytes: 1_000_001 }), [{ data: bytes }]],
    ["a function nobody serves", `uploads/u/blobs/md5/${"0".repeat(32)}/3`, [{ data: Buffer.from("abc") }]],
    ["no name", "", [{ data: bytes }]],
    ["a word that no instance has", `actions/${uploadOf(digest)}`, [{ data: bytes }]],
  ])("is refused with %s, and leaves nothing", async (_, resourceName, messages) => {
    const sent = messages.map((message, i) => (i === 0 ? { resourceName, ...message } : message));
    await expect(write(...sent)).rejects.toEqual(rejects(Code.InvalidArgument));
    expect(await store.blobs.stat(digest)).toBeUndefined();
  });
});

function trailing(): Buffer {
  return Buffer.concat([zstdCompressSync(bytes), Buffer.from("behind")]);
}

function bomb(): { name: string; data: Buffer } {
  const small = digestBytes("sha256", Buffer.from("small"));
  return { name: uploadOf(small, "compressed-blobs"), data: zstdCompressSync(Buffer.alloc(900_000)) };
}

describe("an upload that stops", () => {
  it("goes on where it was, as often as it takes", async () => {
    const resourceName = uploadOf(digest);
    const answer = await write({ resourceName, data: bytes.subarray(0, 100_000) });
    expect(answer.committedSize).toBe(100_000);
    expect(await statusOf(resourceName)).toEqual({ committedSize: 100_000, complete: false });
    await write({ resourceName, writeOffset: 100_000, data: bytes.subarray(100_000, 150_000) });
    expect(await statusOf(resourceName)).toEqual({ committedSize: 150_000, complete: false });
    const last = await write({ resourceName, writeOffset: 150_000, data: bytes.subarray(150_000), finishWrite: true });
    expect(last.committedSize).toBe(bytes.byteLength);
    expect(await read(nameOf(digest, ""))).toEqual(bytes);
  });

  it("is nobody else's: neither another name's nor another caller's", async () => {
    const resourceName = uploadOf(digest);
    await write({ resourceName, data: bytes.subarray(0, 100_000) });
    await expect(statusOf(uploadOf(digest, "blobs", "v"))).rejects.toEqual(rejects(Code.NotFound));
    const other = { name: "other", anonymous: false, allows: () => true };
    await expect(statusOf(resourceName, callOf(other))).rejects.toEqual(rejects(Code.NotFound));
  });

  it("begins anew at 0", async () => {
    const resourceName = uploadOf(digest);
    await write({ resourceName, data: Buffer.alloc(100) });
    await write({ resourceName, data: bytes, finishWrite: true });
    expect(await read(nameOf(digest, ""))).toEqual(bytes);
  });

  it("is dropped when too many wait, the oldest first", async () => {
    service = createByteStreamService({ blobs: store.blobs, uploads: { parkedMax: 1 } });
    for (const uuid of ["v", "w"])
      await write({ resourceName: uploadOf(digest, "blobs", uuid), data: bytes.subarray(0, 9) });
    await expect(statusOf(uploadOf(digest, "blobs", "v"))).rejects.toEqual(rejects(Code.NotFound));
    expect((await statusOf(uploadOf(digest, "blobs", "w"))).committedSize).toBe(9);
  });
});

describe("a blob that is read", () => {
  const name = nameOf(digest, "a/");
  beforeEach(() => store.blobs.writeMany([{ bytes }]));

  it.each([
    [0, 0],
    [5, 0],
    [5, 10],
    [299_999, 10],
    [300_000, 0],
    [0, 1_000_000],
  ])("comes from %i on, at most %i bytes", async (offset, limit) => {
    const end = limit === 0 ? bytes.byteLength : offset + limit;
    expect(await read(name, offset, limit)).toEqual(bytes.subarray(offset, end));
  });

  it("comes compressed, with offsets that count what is packed", async () => {
    const { zstdDecompressSync } = await import("node:zlib");
    const packed = await read(nameOf(digest, "", "compressed-blobs"), 1000);
    expect(zstdDecompressSync(packed)).toEqual(bytes.subarray(1000));
  });

  it.each<[string, number, number, Code]>([
    [name, -1, 0, Code.OutOfRange],
    [name, 300_001, 0, Code.OutOfRange],
    [name, 0, -1, Code.InvalidArgument],
    [nameOf(digest, "", "compressed-blobs"), 0, 1, Code.InvalidArgument],
    [nameOf({ ...digest, sizeBytes: 299_999 }, ""), 0, 0, Code.NotFound],
    [nameOf(digestBytes("sha256", Buffer.from("absent")), ""), 0, 0, Code.NotFound],
    [`blobs/${digest.hash.toUpperCase()}/300000`, 0, 0, Code.InvalidArgument],
    ["blobs", 0, 0, Code.InvalidArgument],
  ])("is refused: %s from %i, %i bytes", async (resourceName, offset, limit, code) => {
    await expect(read(resourceName, offset, limit)).rejects.toEqual(rejects(code));
  });

  it.each(digestFunctions)("is there always if it is empty (%s)", async (fn) => {
    expect(await read(nameOf(digestOf(emptyBlob, fn), ""))).toEqual(Buffer.alloc(0));
  });
});

describe("who may not", () => {
  const nobody = { name: "nobody", anonymous: false, allows: () => false };
  it("neither reads, nor writes, nor asks", async () => {
    const call = callOf(nobody);
    const message = { resourceName: uploadOf(digest), writeOffset: 0, finishWrite: true, data: bytes };
    await expect(callWriting(service, "Write", [message], call)).rejects.toEqual(rejects(Code.PermissionDenied));
    const request = { resourceName: nameOf(digest, ""), readOffset: 0, readLimit: 0 };
    await expect(callReading(service, "Read", request, call)).rejects.toEqual(rejects(Code.PermissionDenied));
    await expect(statusOf(uploadOf(digest), call)).rejects.toEqual(rejects(Code.PermissionDenied));
  });
});
