import { digestOf, emptyBlob } from "../../digest/index.js";
import { Code, StatusError } from "../../status/index.js";
import { check, checkEqual, checkFails, checkRefused } from "../check.js";
import type { ConformanceCase } from "../conformance-case.js";

const WRITE = "ByteStream.Write";
const READ = "ByteStream.Read";

export const byteStreamCases: readonly ConformanceCase[] = [
  {
    name: "byte-stream/round-trip",
    requirement: "must",
    rule: "what is written can be read, and the committed size is the blob's",
    source: `${WRITE}, Read`,
    async run(subject) {
      for (const sizeBytes of [1, 1000, 300_000, 9_000_000]) {
        const blob = subject.fresh(sizeBytes);
        checkEqual("committed_size", await subject.writeWhole(subject.writeName(blob.digest), blob.bytes), sizeBytes);
        await subject.checkReadable("the blob", blob);
      }
    },
  },
  {
    name: "byte-stream/empty-blob",
    requirement: "must",
    rule: "the empty blob can be read without having been written, and written",
    source: "ContentAddressableStorage, empty blobs",
    async run(subject) {
      const digest = digestOf(emptyBlob, subject.fn);
      checkEqual("read", await subject.read(subject.readName(digest)), Buffer.alloc(0));
      checkEqual("committed_size", await subject.writeWhole(subject.writeName(digest), Buffer.alloc(0)), 0);
    },
  },
  {
    name: "byte-stream/optional-metadata",
    requirement: "must",
    rule: "a write's resource name may go on behind the size, with slashes",
    source: `${WRITE}, resource names`,
    async run(subject) {
      const blob = subject.fresh();
      await subject.writeWhole(`${subject.writeName(blob.digest)}/src/main.c/x`, blob.bytes);
      await subject.checkReadable("the blob", blob);
    },
  },
  {
    name: "byte-stream/name-once",
    requirement: "must",
    rule: "messages after the first may leave the resource name out, or repeat it",
    source: "WriteRequest.resource_name",
    async run(subject) {
      const blob = subject.fresh(30);
      const name = subject.writeName(blob.digest);
      const part = (from: number, to: number) => ({ writeOffset: from, data: blob.bytes.subarray(from, to) });
      await subject.write(name, [
        part(0, 10),
        { ...part(10, 20), resourceName: name },
        { ...part(20, 30), finishWrite: true },
      ]);
      await subject.checkReadable("the blob", blob);
    },
  },
  {
    name: "byte-stream/write-existing",
    requirement: "must",
    rule: "writing what is there already succeeds early, with the whole size as committed",
    source: WRITE,
    async run(subject) {
      const blob = subject.fresh(5_000_000);
      await subject.writeWhole(subject.writeName(blob.digest), blob.bytes);
      checkEqual("committed_size", await subject.writeWhole(subject.writeName(blob.digest), blob.bytes), 5_000_000);
      const part = { writeOffset: 0, data: blob.bytes.subarray(0, 1000) };
      const early = subject.write(subject.writeName(blob.digest), [part]);
      const size = await early.catch((reason: unknown) => {
        throw StatusError.wrap(reason, "a write that sent a part of an existing blob");
      });
      checkEqual("committed_size after a part", size, 5_000_000);
    },
  },
  {
    name: "byte-stream/wrong-contents",
    requirement: "must",
    rule: "bytes with another hash are refused, and nothing is stored",
    source: WRITE,
    async run(subject) {
      const { digest } = subject.fresh(1000);
      const call = subject.writeWhole(subject.writeName(digest), subject.random(1000));
      await checkRefused("Write", call, Code.InvalidArgument);
      await subject.checkAbsent("after wrong contents", digest);
    },
  },
  ...(
    [
      ["too-few-bytes", "fewer bytes than the size says", (bytes: Buffer) => bytes.subarray(0, -1)],
      ["too-many-bytes", "more bytes than the size says", (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(1)])],
    ] as const
  ).map(([name, what, spoil]): ConformanceCase => ({
    name: `byte-stream/${name}`,
    requirement: "must",
    rule: `${what} are refused, and nothing is stored`,
    source: WRITE,
    async run(subject) {
      const { digest, bytes } = subject.fresh(1000);
      await checkRefused("Write", subject.writeWhole(subject.writeName(digest), spoil(bytes)), Code.InvalidArgument);
      await subject.checkAbsent(`after ${what}`, digest);
    },
  })),
  {
    name: "byte-stream/gap",
    requirement: "must",
    rule: "offsets follow one another without gaps",
    source: "WriteRequest.write_offset",
    async run(subject) {
      const { digest, bytes } = subject.fresh(1000);
      const call = subject.write(subject.writeName(digest), [
        { writeOffset: 0, data: bytes.subarray(0, 500) },
        { writeOffset: 600, data: bytes.subarray(500), finishWrite: true },
      ]);
      await checkRefused("Write with a gap", call, Code.InvalidArgument, Code.OutOfRange);
      await subject.checkAbsent("after a gap", digest);
    },
  },
  {
    name: "byte-stream/unfinished",
    requirement: "must",
    rule: "a blob whose write was broken off cannot be seen",
    source: WRITE,
    async run(subject) {
      const { digest, bytes } = subject.fresh(1000);
      await subject
        .write(subject.writeName(digest), [{ writeOffset: 0, data: bytes.subarray(0, 500) }])
        .catch(() => undefined);
      await subject.checkAbsent("after a broken write", digest);
      await checkFails("Read", subject.read(subject.readName(digest)), Code.NotFound);
    },
  },
  {
    name: "byte-stream/bad-names",
    requirement: "must",
    rule: "a resource name that names no blob is refused",
    source: "ByteStream, resource names",
    async run(subject) {
      const { digest, bytes } = subject.fresh();
      for (const name of [
        "nonsense",
        `blobs/${digest.hash}`,
        `uploads/x/blobs/${digest.hash}/-1`,
        `uploads/x/blobs/${digest.hash}/x`,
      ])
        await checkFails(
          `Write to ${name}`,
          subject.writeWhole(name, bytes),
          Code.InvalidArgument,
          Code.NotFound,
          Code.Unimplemented,
        );
    },
  },
  {
    name: "byte-stream/read-absent",
    requirement: "must",
    rule: "reading what is not there is NOT_FOUND",
    source: READ,
    async run(subject) {
      await checkFails("Read", subject.read(subject.readName(subject.fresh().digest)), Code.NotFound);
    },
  },
  {
    name: "byte-stream/read-parts",
    requirement: "must",
    rule: "read_offset and read_limit choose a part; limit 0 is all of the rest",
    source: "ReadRequest.read_offset, read_limit",
    async run(subject) {
      const blob = subject.fresh(200_000);
      await subject.writeWhole(subject.writeName(blob.digest), blob.bytes);
      const name = subject.readName(blob.digest);
      for (const [offset, limit] of [
        [0, 1],
        [100, 50_000],
        [150_000, 0],
        [199_999, 5],
      ] as const) {
        const got = await subject.read(name, offset, limit);
        const expected = blob.bytes.subarray(offset, limit === 0 ? undefined : offset + limit);
        check(
          got.equals(expected),
          `offset ${offset}, limit ${limit}: other bytes (${got.byteLength} of ${expected.byteLength})`,
        );
      }
    },
  },
  {
    name: "byte-stream/read-at-the-end",
    requirement: "must",
    rule: "reading from the very end gives nothing, and from behind it OUT_OF_RANGE",
    source: "ReadRequest.read_offset",
    async run(subject) {
      const blob = subject.fresh(1000);
      await subject.writeWhole(subject.writeName(blob.digest), blob.bytes);
      const name = subject.readName(blob.digest);
      checkEqual("at the end", await subject.read(name, 1000), Buffer.alloc(0));
      await checkFails("behind the end", subject.read(name, 1001), Code.OutOfRange);
      await checkFails("negative offset", subject.read(name, -1), Code.OutOfRange, Code.InvalidArgument);
    },
  },
  {
    name: "byte-stream/wrong-size-read",
    requirement: "must",
    rule: "the right hash with another size is not read as the blob",
    source: "Digest.size_bytes",
    async run(subject) {
      const blob = subject.fresh(1000);
      await subject.writeWhole(subject.writeName(blob.digest), blob.bytes);
      const name = subject.readName({ ...blob.digest, sizeBytes: 999 });
      await checkFails("Read of a wrong size", subject.read(name), Code.NotFound, Code.InvalidArgument);
    },
  },
  {
    name: "byte-stream/function-in-names",
    requirement: "must",
    rule: "a name without a function means one that its hash's length tells: BLAKE3 must be named, so that its hash alone is taken for SHA-256",
    source: "ContentAddressableStorage, resource names",
    unless: ({ fn }) => (fn === "blake3" ? undefined : "asked with --digest blake3"),
    async run(subject) {
      const { digest, bytes } = subject.fresh();
      const name = subject.writeName({ ...digest, fn: "sha256" });
      await checkFails("Write of a BLAKE3 hash without blake3/", subject.writeWhole(name, bytes), Code.InvalidArgument);
    },
  },
  {
    name: "byte-stream/query-absent",
    requirement: "should",
    rule: "asking how far a write has come that was never begun is NOT_FOUND, or 0 bytes and not complete",
    source: "ByteStream.QueryWriteStatus",
    async run(subject) {
      const request = { resourceName: subject.writeName(subject.fresh().digest) };
      const asked = subject.channel.unary(subject.methods.byteStream.queryWriteStatus, request);
      await asked.then(
        ({ committedSize, complete }) =>
          checkEqual("status", [Number(committedSize ?? 0), complete ?? false], [0, false]),
        (reason: unknown) => checkFails("QueryWriteStatus", Promise.reject(reason as Error), Code.NotFound),
      );
    },
  },
  {
    name: "byte-stream/query-complete",
    requirement: "should",
    rule: "a write that has ended is complete, with the blob's size",
    source: "ByteStream.QueryWriteStatus",
    async run(subject) {
      const blob = subject.fresh(1000);
      const resourceName = subject.writeName(blob.digest);
      await subject.writeWhole(resourceName, blob.bytes);
      const { committedSize, complete } = await subject.channel.unary(subject.methods.byteStream.queryWriteStatus, {
        resourceName,
      });
      checkEqual("status", [Number(committedSize ?? 0), complete ?? false], [1000, true]);
    },
  },
  {
    name: "byte-stream/concurrent-writes",
    requirement: "must",
    rule: "several writes of one blob at once all succeed",
    source: WRITE,
    async run(subject) {
      const blob = subject.fresh(400_000);
      const writes = Array.from({ length: 8 }, () => subject.writeWhole(subject.writeName(blob.digest), blob.bytes));
      checkEqual(
        "committed sizes",
        await Promise.all(writes),
        writes.map(() => 400_000),
      );
      await subject.checkReadable("the blob", blob);
    },
  },
];
