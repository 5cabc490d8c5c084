import { zstdCompressSync } from "node:zlib";
import { Code } from "../../status/index.js";
import { check, checkEqual, checkRefused } from "../check.js";
import type { ConformanceCase } from "../conformance-case.js";
import type { Subject, TestBlob } from "../subject.js";

const SOURCE = "ByteStream, compressed blobs";

function noZstd(subject: Subject): string | undefined {
  return subject.hasZstd ? undefined : "no zstd in streams";
}

/** Half of it can be compressed. */
function compressible(subject: Subject, sizeBytes: number): TestBlob {
  return subject.blob(Buffer.concat([subject.random(sizeBytes / 2), Buffer.alloc(sizeBytes / 2, subject.random(8))]));
}

export const compressionCases: readonly ConformanceCase[] = [
  {
    name: "zstd/round-trip",
    requirement: "must",
    rule: "what is written compressed can be read plain and compressed, and the other way round",
    source: SOURCE,
    unless: noZstd,
    async run(subject) {
      const blob = compressible(subject, 400_000);
      const packed = zstdCompressSync(blob.bytes);
      const committed = await subject.writeWhole(subject.compressedWriteName(blob.digest), packed);
      check([-1, packed.byteLength, blob.bytes.byteLength].includes(committed), `committed_size is ${committed}`);
      await subject.checkReadable("the blob", blob);
      const unpacked = await subject.unpack(await subject.read(subject.compressedReadName(blob.digest)));
      check(unpacked.equals(blob.bytes), "compressed reading gives other contents");
    },
  },
  {
    name: "zstd/read-from-offset",
    requirement: "must",
    rule: "the offset of a compressed read counts the bytes of the contents",
    source: SOURCE,
    unless: noZstd,
    async run(subject) {
      const blob = compressible(subject, 100_000);
      await subject.writeWhole(subject.writeName(blob.digest), blob.bytes);
      const got = await subject.unpack(await subject.read(subject.compressedReadName(blob.digest), 70_000));
      check(got.equals(blob.bytes.subarray(70_000)), "other contents from offset 70,000 on");
    },
  },
  {
    name: "zstd/read-limit",
    requirement: "must",
    rule: "a compressed read has no limit",
    source: SOURCE,
    unless: noZstd,
    async run(subject) {
      const blob = compressible(subject, 1000);
      await subject.writeWhole(subject.writeName(blob.digest), blob.bytes);
      const call = subject.read(subject.compressedReadName(blob.digest), 0, 10);
      await checkRefused("compressed Read with a limit", call, Code.InvalidArgument);
    },
  },
  {
    name: "zstd/several-frames",
    requirement: "should",
    rule: "a stream may be several frames",
    source: "RFC 8878, 3: Zstandard frames",
    unless: noZstd,
    async run(subject) {
      const blob = compressible(subject, 10_000);
      const frames = [blob.bytes.subarray(0, 4000), blob.bytes.subarray(4000)].map((part) => zstdCompressSync(part));
      await subject.writeWhole(subject.compressedWriteName(blob.digest), Buffer.concat(frames));
      await subject.checkReadable("the blob", blob);
    },
  },
  {
    name: "zstd/wrong-contents",
    requirement: "must",
    rule: "compressed bytes whose contents have another digest are refused, and nothing is stored",
    source: SOURCE,
    unless: noZstd,
    async run(subject) {
      const { digest } = subject.fresh(1000);
      const call = subject.writeWhole(subject.compressedWriteName(digest), zstdCompressSync(subject.random(1000)));
      await checkRefused("Write", call, Code.InvalidArgument);
      await subject.checkAbsent("after wrong contents", digest);
    },
  },
  ...(
    [
      ["garbage", "bytes that are no zstd", (bytes: Buffer) => bytes],
      ["cut-off", "a frame that is cut off", (bytes: Buffer) => zstdCompressSync(bytes).subarray(0, -5)],
      [
        "trailing-garbage",
        "garbage behind the last frame",
        (bytes: Buffer) => Buffer.concat([zstdCompressSync(bytes), Buffer.from("garbage")]),
      ],
    ] as const
  ).map(([name, what, spoil]): ConformanceCase => ({
    name: `zstd/${name}`,
    requirement: "must",
    rule: `${what}: refused, and nothing is stored`,
    source: SOURCE,
    unless: noZstd,
    async run(subject) {
      const { digest, bytes } = subject.fresh(1000);
      await checkRefused(
        "Write",
        subject.writeWhole(subject.compressedWriteName(digest), spoil(bytes)),
        Code.InvalidArgument,
      );
      await subject.checkAbsent(`after ${what}`, digest);
    },
  })),
  {
    name: "zstd/bomb",
    requirement: "must",
    rule: "much more contents than the size says are refused",
    source: SOURCE,
    unless: noZstd,
    async run(subject) {
      const { digest } = subject.fresh(1000);
      const bomb = zstdCompressSync(Buffer.alloc(64 * 2 ** 20));
      await checkRefused("Write", subject.writeWhole(subject.compressedWriteName(digest), bomb), Code.InvalidArgument);
    },
  },
  {
    name: "zstd/not-announced",
    requirement: "must",
    rule: "a compressor that is not announced is refused",
    source: SOURCE,
    async run(subject) {
      const { digest, bytes } = subject.fresh();
      const name = subject.compressedWriteName(digest, "brotli");
      await checkRefused(
        "Write with brotli",
        subject.writeWhole(name, bytes),
        Code.InvalidArgument,
        Code.Unimplemented,
      );
      checkEqual("missing", await subject.missing(digest), [digest.hash]);
    },
  },
];
