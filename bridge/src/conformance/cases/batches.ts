import { zstdCompressSync } from "node:zlib";
import type { Status__Output } from "@causeway/reapi-protos/types/google/rpc/Status.js";
import { digestOf, emptyBlob } from "../../digest/index.js";
import { Code } from "../../status/index.js";
import { check, checkEqual, checkFails, checkRefusal } from "../check.js";
import type { ConformanceCase } from "../conformance-case.js";
import type { Subject, TestBlob } from "../subject.js";

const UPDATE = "ContentAddressableStorage.BatchUpdateBlobs";
const READ = "ContentAddressableStorage.BatchReadBlobs";

type Compressor = "IDENTITY" | "ZSTD" | "DEFLATE";

interface Upload {
  readonly blob: TestBlob;
  readonly data?: Buffer;
  readonly compressor?: Compressor;
}

async function updateStatuses(
  subject: Subject,
  requests: readonly Upload[],
): Promise<(Status__Output | null | undefined)[]> {
  const { responses } = await subject.channel.unary(subject.methods.cas.batchUpdateBlobs, {
    ...subject.head,
    requests: requests.map(({ blob, data, compressor }) => ({
      digest: subject.wire(blob.digest),
      data: data ?? blob.bytes,
      ...(compressor === undefined ? {} : { compressor }),
    })),
  });
  checkEqual(
    "digests of the responses",
    responses.map(({ digest }) => digest?.hash).sort(),
    requests.map(({ blob }) => blob.digest.hash).sort(),
  );
  return requests.map(({ blob }) => responses.find(({ digest }) => digest?.hash === blob.digest.hash)?.status);
}

async function update(subject: Subject, requests: readonly Upload[]): Promise<number[]> {
  return (await updateStatuses(subject, requests)).map((status) => status?.code ?? 0);
}

async function read(
  subject: Subject,
  blobs: readonly TestBlob[],
  acceptable: Compressor[] = [],
): Promise<(Buffer | number)[]> {
  const { responses } = await subject.channel.unary(subject.methods.cas.batchReadBlobs, {
    ...subject.head,
    digests: blobs.map(({ digest }) => subject.wire(digest)),
    acceptableCompressors: acceptable,
  });
  const answers: (Buffer | number)[] = [];
  for (const { digest } of blobs) {
    const response = responses.find((each) => each.digest?.hash === digest.hash);
    check(response !== undefined, `no response for ${digest.hash}`);
    const { status, data = Buffer.alloc(0), compressor = "IDENTITY" } = response;
    const code = status?.code ?? 0;
    if (code !== 0) answers.push(code);
    else if (compressor === "IDENTITY") answers.push(data);
    else {
      check(
        acceptable.some((each) => each === compressor),
        `${compressor} was not accepted`,
      );
      answers.push(await subject.unpack(data));
    }
  }
  return answers;
}

function noBatchZstd(subject: Subject): string | undefined {
  return subject.hasBatchZstd ? undefined : "no zstd in batches";
}

export const batchCases: readonly ConformanceCase[] = [
  {
    name: "batch/round-trip",
    requirement: "must",
    rule: "what a batch stores, a batch reads",
    source: `${UPDATE}, BatchReadBlobs`,
    async run(subject) {
      const blobs = [1, 100, 5000, 70_000].filter((n) => n < subject.batchBytesMax / 3).map((n) => subject.fresh(n));
      checkEqual(
        "statuses",
        await update(
          subject,
          blobs.map((blob) => ({ blob })),
        ),
        blobs.map(() => 0),
      );
      checkEqual(
        "contents",
        await read(subject, blobs),
        blobs.map(({ bytes }) => bytes),
      );
    },
  },
  {
    name: "batch/again",
    requirement: "must",
    rule: "storing what is there already succeeds",
    source: UPDATE,
    async run(subject) {
      const blob = subject.fresh();
      await subject.upload(blob);
      checkEqual("status", await update(subject, [{ blob }]), [0]);
    },
  },
  {
    name: "batch/mixed-statuses",
    requirement: "must",
    rule: "each blob of a batch has a status of its own: a wrong one does not spoil the others, and is not stored",
    source: UPDATE,
    async run(subject) {
      const [good, bad, last] = [subject.fresh(), subject.fresh(), subject.fresh()];
      const [first, second, third] = await updateStatuses(subject, [
        { blob: good },
        { blob: bad, data: subject.random(100) },
        { blob: last },
      ]);
      checkEqual("codes of the others", [first?.code ?? 0, third?.code ?? 0], [Code.Ok, Code.Ok]);
      checkRefusal("the wrong one", second, Code.InvalidArgument);
      checkEqual("missing", await subject.missing(good.digest, bad.digest, last.digest), [bad.digest.hash]);
    },
  },
  {
    name: "batch/wrong-size",
    requirement: "must",
    rule: "the right hash with another size is refused",
    source: "Digest.size_bytes",
    async run(subject) {
      const blob = subject.fresh();
      const { responses } = await subject.channel.unary(subject.methods.cas.batchUpdateBlobs, {
        ...subject.head,
        requests: [{ digest: { hash: blob.digest.hash, sizeBytes: 99 }, data: blob.bytes }],
      });
      checkRefusal("the blob", responses[0]?.status, Code.InvalidArgument);
      await subject.checkAbsent("after a wrong size", blob.digest);
    },
  },
  {
    name: "batch/duplicates",
    requirement: "customary",
    rule: "a blob may stand twice in a batch",
    source: UPDATE,
    async run(subject) {
      const blob = subject.fresh();
      const request = { digest: subject.wire(blob.digest), data: blob.bytes };
      const { responses } = await subject.channel.unary(subject.methods.cas.batchUpdateBlobs, {
        ...subject.head,
        requests: [request, request],
      });
      check(responses.length > 0, "no responses");
      check(
        responses.every(({ status }) => (status?.code ?? 0) === 0),
        "one of the two was refused",
      );
      await subject.checkReadable("the blob", blob);
    },
  },
  {
    name: "batch/over-the-limit",
    requirement: "must",
    rule: "a batch of more bytes than max_batch_total_size_bytes is refused as a whole",
    source: "CacheCapabilities.max_batch_total_size_bytes",
    unless: ({ capabilities }) =>
      Number(capabilities.cacheCapabilities?.maxBatchTotalSizeBytes ?? 0) === 0 ? "no limit is announced" : undefined,
    async run(subject) {
      const blobs = [0, 1].map(() => subject.fresh(Math.ceil(subject.batchBytesMax / 2) + 1));
      await checkFails(
        "BatchUpdateBlobs over the limit",
        update(
          subject,
          blobs.map((blob) => ({ blob })),
        ),
        Code.InvalidArgument,
        Code.ResourceExhausted,
      );
    },
  },
  {
    name: "batch/up-to-the-limit",
    requirement: "must",
    rule: "a batch of as many bytes as the limit allows is taken",
    source: "CacheCapabilities.max_batch_total_size_bytes",
    async run(subject) {
      const half = Math.floor(Math.min(subject.batchBytesMax, 8 * 2 ** 20) / 2);
      const blobs = [0, 1].map(() => subject.fresh(half));
      checkEqual(
        "statuses",
        await update(
          subject,
          blobs.map((blob) => ({ blob })),
        ),
        [0, 0],
      );
    },
  },
  {
    name: "batch/read-absent",
    requirement: "must",
    rule: "a blob that is not there has the status NOT_FOUND, beside others that are read",
    source: READ,
    async run(subject) {
      const [here, gone] = [subject.fresh(), subject.fresh()];
      await subject.upload(here);
      checkEqual("answers", await read(subject, [gone, here]), [Code.NotFound, here.bytes]);
    },
  },
  {
    name: "batch/empty-blob",
    requirement: "must",
    rule: "the empty blob can be stored and read without having been stored",
    source: "ContentAddressableStorage, empty blobs",
    async run(subject) {
      const empty: TestBlob = { bytes: Buffer.alloc(0), digest: digestOf(emptyBlob, subject.fn) };
      checkEqual("read", await read(subject, [empty]), [empty.bytes]);
      checkEqual("stored", await update(subject, [{ blob: empty }]), [0]);
    },
  },
  {
    name: "batch/zstd-stored",
    requirement: "must",
    rule: "data of a batch may be compressed where that is announced; the digest is that of the contents",
    source: "BatchUpdateBlobsRequest.Request.compressor",
    unless: noBatchZstd,
    async run(subject) {
      const blob = subject.blob(Buffer.alloc(50_000, subject.random(10)));
      checkEqual(
        "status",
        await update(subject, [{ blob, data: zstdCompressSync(blob.bytes), compressor: "ZSTD" }]),
        [0],
      );
      await subject.checkReadable("the blob", blob);
    },
  },
  {
    name: "batch/zstd-read",
    requirement: "must",
    rule: "data is compressed only in a way that the client accepts, and says in which",
    source: "BatchReadBlobsRequest.acceptable_compressors",
    async run(subject) {
      const blob = subject.blob(Buffer.alloc(50_000, subject.random(10)));
      await subject.upload(blob);
      checkEqual("accepting zstd", await read(subject, [blob], ["ZSTD"]), [blob.bytes]);
      checkEqual("accepting nothing", await read(subject, [blob]), [blob.bytes]);
    },
  },
  {
    name: "batch/zstd-wrong-contents",
    requirement: "must",
    rule: "compressed data whose contents have another digest is refused",
    source: UPDATE,
    unless: noBatchZstd,
    async run(subject) {
      const blob = subject.fresh();
      const data = zstdCompressSync(subject.random(100));
      const [status] = await updateStatuses(subject, [{ blob, data, compressor: "ZSTD" }]);
      checkRefusal("the blob", status, Code.InvalidArgument);
      await subject.checkAbsent("after wrong contents", blob.digest);
    },
  },
  {
    name: "batch/zstd-garbage",
    requirement: "must",
    rule: "data that is not what its compressor makes is refused",
    source: UPDATE,
    unless: noBatchZstd,
    async run(subject) {
      const blob = subject.fresh();
      const [status] = await updateStatuses(subject, [{ blob, compressor: "ZSTD" }]);
      checkRefusal("the blob", status, Code.InvalidArgument);
    },
  },
  {
    name: "batch/unsupported-compressor",
    requirement: "must",
    rule: "a compressor that is not announced is refused",
    source: "BatchUpdateBlobsRequest.Request.compressor",
    unless: ({ capabilities }) =>
      capabilities.cacheCapabilities?.supportedBatchUpdateCompressors.includes("DEFLATE") === true
        ? "deflate is supported"
        : undefined,
    async run(subject) {
      const blob = subject.fresh();
      const refused = update(subject, [{ blob, compressor: "DEFLATE" }]).then((statuses) => statuses[0]);
      const status = await refused.catch((reason: unknown) => (reason as { code: number }).code);
      check(status !== 0, "it was taken as it is");
      await subject.checkAbsent("after an unknown compressor", blob.digest);
    },
  },
];
