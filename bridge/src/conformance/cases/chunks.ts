import { Code } from "../../status/index.js";
import { check, checkEqual, checkFails, checkRefused } from "../check.js";
import type { ConformanceCase } from "../conformance-case.js";
import type { Subject, TestBlob } from "../subject.js";

const noSplit = ({ capabilities }: Subject): string | undefined =>
  capabilities.cacheCapabilities?.splitBlobSupport === true ? undefined : "no SplitBlob";
const noSplice = ({ capabilities }: Subject): string | undefined =>
  capabilities.cacheCapabilities?.spliceBlobSupport === true ? undefined : "no SpliceBlob";

function splice(subject: Subject, whole: TestBlob, parts: readonly TestBlob[]) {
  return subject.channel.unary(subject.methods.cas.spliceBlob, {
    ...subject.head,
    blobDigest: subject.wire(whole.digest),
    chunkDigests: parts.map(({ digest }) => subject.wire(digest)),
  });
}

export const chunkCases: readonly ConformanceCase[] = [
  {
    name: "chunks/split",
    requirement: "must",
    rule: "the chunks of a blob, one behind the other, are the blob, and can be read",
    source: "ContentAddressableStorage.SplitBlob",
    unless: noSplit,
    async run(subject) {
      const blob = subject.fresh(6_000_000);
      await subject.writeWhole(subject.writeName(blob.digest), blob.bytes);
      const { chunkDigests } = await subject.channel.unary(subject.methods.cas.splitBlob, {
        ...subject.head,
        blobDigest: subject.wire(blob.digest),
      });
      const chunks: Buffer[] = [];
      for (const { hash = "", sizeBytes } of chunkDigests)
        chunks.push(await subject.read(subject.readName({ fn: subject.fn, hash, sizeBytes: Number(sizeBytes) })));
      check(Buffer.concat(chunks).equals(blob.bytes), `${chunks.length} chunks are not the blob`);
    },
  },
  {
    name: "chunks/split-absent",
    requirement: "must",
    rule: "splitting what is not there is NOT_FOUND",
    source: "ContentAddressableStorage.SplitBlob",
    unless: noSplit,
    async run(subject) {
      const blobDigest = subject.wire(subject.fresh().digest);
      await checkFails(
        "SplitBlob",
        subject.channel.unary(subject.methods.cas.splitBlob, { ...subject.head, blobDigest }),
        Code.NotFound,
      );
    },
  },
  {
    name: "chunks/splice",
    requirement: "must",
    rule: "a blob can be put together from others that are there",
    source: "ContentAddressableStorage.SpliceBlob",
    unless: noSplice,
    async run(subject) {
      const parts = [subject.fresh(5000), subject.fresh(7000), subject.fresh(1)];
      const whole = subject.blob(Buffer.concat(parts.map(({ bytes }) => bytes)));
      await subject.upload(...parts);
      const { blobDigest } = await splice(subject, whole, parts);
      checkEqual("digest of the answer", blobDigest?.hash, whole.digest.hash);
      await subject.checkReadable("the spliced blob", whole);
    },
  },
  {
    name: "chunks/splice-wrong",
    requirement: "must",
    rule: "chunks that give another blob are refused, and nothing is stored",
    source: "ContentAddressableStorage.SpliceBlob",
    unless: noSplice,
    async run(subject) {
      const parts = [subject.fresh(5000), subject.fresh(7000)];
      const other = subject.fresh(12_000);
      await subject.upload(...parts);
      await checkRefused("SpliceBlob", splice(subject, other, parts), Code.InvalidArgument);
      await subject.checkAbsent("after a wrong splice", other.digest);
    },
  },
  {
    name: "chunks/splice-absent",
    requirement: "must",
    rule: "a chunk that is not there is NOT_FOUND",
    source: "ContentAddressableStorage.SpliceBlob",
    unless: noSplice,
    async run(subject) {
      const parts = [subject.fresh(5000), subject.fresh(7000)];
      await subject.upload(parts[0]!);
      const whole = subject.blob(Buffer.concat(parts.map(({ bytes }) => bytes)));
      await checkFails("SpliceBlob", splice(subject, whole, parts), Code.NotFound);
    },
  },
];
