import { emptyBlob, digestOf } from "../../digest/index.js";
import { Code, hasCode } from "../../status/index.js";
import { checkEqual, checkFails } from "../check.js";
import type { ConformanceCase } from "../conformance-case.js";

const SOURCE = "ContentAddressableStorage.FindMissingBlobs";

export const findMissingCases: readonly ConformanceCase[] = [
  {
    name: "find-missing/absent-and-present",
    requirement: "must",
    rule: "exactly the blobs that are not there are named",
    source: SOURCE,
    async run(subject) {
      const [here, gone] = [subject.fresh(), subject.fresh()];
      await subject.upload(here);
      checkEqual("missing", await subject.missing(here.digest, gone.digest), [gone.digest.hash]);
    },
  },
  {
    name: "find-missing/empty-blob",
    requirement: "must",
    rule: "the empty blob is always there",
    source: "ContentAddressableStorage, empty blobs",
    async run(subject) {
      checkEqual("missing", await subject.missing(digestOf(emptyBlob, subject.fn)), []);
    },
  },
  {
    name: "find-missing/nothing-asked",
    requirement: "must",
    rule: "a request without digests is answered without any",
    source: SOURCE,
    async run(subject) {
      checkEqual("missing", await subject.missing(), []);
    },
  },
  {
    name: "find-missing/wrong-size",
    requirement: "must",
    rule: "the size is part of a digest: the right hash with another size is another blob, and not there",
    source: "Digest.size_bytes",
    async run(subject) {
      const here = subject.fresh();
      await subject.upload(here);
      const other = { ...here.digest, sizeBytes: here.digest.sizeBytes + 1 };
      const missing = await subject.missing(other).catch((reason: unknown) => {
        // Servers that find out at once may refuse it as well.
        if (hasCode(reason, Code.InvalidArgument)) return [other.hash];
        throw reason;
      });
      checkEqual("missing", missing, [other.hash]);
    },
  },
  {
    name: "find-missing/duplicates",
    requirement: "must",
    rule: "a digest may be asked for twice in one request",
    source: SOURCE,
    async run(subject) {
      const [here, gone] = [subject.fresh(), subject.fresh()];
      await subject.upload(here);
      const missing = await subject.missing(gone.digest, here.digest, gone.digest, here.digest);
      checkEqual("missing, each once", [...new Set(missing)], [gone.digest.hash]);
    },
  },
  {
    name: "find-missing/ten-thousand",
    requirement: "customary",
    rule: "ten thousand digests in one request are answered",
    source: SOURCE,
    async run(subject) {
      const digests = Array.from({ length: 10_000 }, () => subject.fresh(32).digest);
      checkEqual("number of missing blobs", (await subject.missing(...digests)).length, 10_000);
    },
  },
  ...(
    [
      [
        "upper-case-hash",
        "a hash is written in lower case",
        (hash: string) => hash.toUpperCase().replace(/^[0-9]/, "A"),
      ],
      ["short-hash", "a hash has the length that its function gives", (hash: string) => hash.slice(2)],
      ["no-hex", "a hash is hexadecimal", (hash: string) => `x${hash.slice(1)}`],
    ] as const
  ).map(([name, rule, spoil]): ConformanceCase => ({
    name: `find-missing/${name}`,
    requirement: "should",
    rule,
    source: "Digest.hash",
    async run(subject) {
      const { digest } = subject.fresh();
      const bad = { hash: spoil(digest.hash), sizeBytes: digest.sizeBytes };
      const call = subject.channel.unary(subject.methods.cas.findMissingBlobs, { ...subject.head, blobDigests: [bad] });
      await checkFails(`FindMissingBlobs of ${bad.hash}`, call, Code.InvalidArgument);
    },
  })),
  {
    name: "find-missing/negative-size",
    requirement: "should",
    rule: "a size is not negative",
    source: "Digest.size_bytes",
    async run(subject) {
      const bad = { hash: subject.fresh().digest.hash, sizeBytes: -1 };
      const call = subject.channel.unary(subject.methods.cas.findMissingBlobs, { ...subject.head, blobDigests: [bad] });
      await checkFails("FindMissingBlobs of size -1", call, Code.InvalidArgument);
    },
  },
  {
    name: "find-missing/unsupported-function",
    requirement: "should",
    rule: "a digest function that is not announced is refused",
    source: "FindMissingBlobsRequest.digest_function",
    unless: ({ capabilities }) =>
      capabilities.cacheCapabilities?.digestFunctions.includes("MURMUR3") === true ? "it is supported" : undefined,
    async run(subject) {
      const call = subject.channel.unary(subject.methods.cas.findMissingBlobs, {
        instanceName: subject.instanceName,
        digestFunction: "MURMUR3",
        blobDigests: [{ hash: "0".repeat(32), sizeBytes: 1 }],
      });
      await checkFails("FindMissingBlobs with MURMUR3", call, Code.InvalidArgument, Code.Unimplemented);
    },
  },
];
