import { createHash } from "node:crypto";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { allCases, connectSubject, runSuite, type CaseResult } from "#src/conformance/index.js";
import {
  anyone,
  createActionCacheService,
  createByteStreamService,
  createCapabilitiesService,
  createCasService,
  createGrpcServer,
  type BoundMethod,
  type CallContext,
  type GrpcServer,
  type Service,
} from "#src/grpc/index.js";
import { Code, StatusError } from "#src/status/index.js";
import { createMemoryStore } from "#src/store/index.js";

// A suite that cannot fail says nothing: here servers that are wrong in one point each must fail the cases about it.

/** Messages are whatever the method's are; a fault knows them. */
type Message = Record<string, unknown>;
type Answer = (request: never, call: CallContext) => Promise<Message>;
type Stream = (request: never, call: CallContext) => AsyncIterable<Message>;

interface Fault {
  readonly what: string;
  readonly method: string;
  /** The handler in place of the right one. */
  readonly spoil: (right: never) => (request: never, call: CallContext) => unknown;
  readonly fails: readonly string[];
}

/** The right answer, changed. */
const answered =
  (change: (answer: Message, request: Message) => unknown) =>
  (right: Answer): Answer =>
  async (request, call) =>
    change(await right(request, call), request) as Message;

/** Errors of the right handler, changed. */
const failed =
  (change: (status: StatusError) => unknown) =>
  (right: Answer): Answer =>
  async (request, call) => {
    try {
      return await right(request, call);
    } catch (error) {
      const instead = change(StatusError.from(error));
      if (instead instanceof Error) throw instead;
      return instead as Message;
    }
  };

const streamed =
  (change: (messages: AsyncIterable<Message>, request: Message) => AsyncIterable<Message>) =>
  (right: Stream): Stream =>
  (request, call) =>
    change(right(request, call), request);

const faults: readonly Fault[] = [
  {
    what: "finds everything",
    method: "FindMissingBlobs",
    spoil: answered(() => ({ missingBlobDigests: [] })),
    fails: ["find-missing/absent-and-present", "find-missing/ten-thousand", "byte-stream/wrong-contents"],
  },
  {
    what: "finds nothing",
    method: "FindMissingBlobs",
    spoil: answered((_, { blobDigests }) => ({ missingBlobDigests: blobDigests })),
    fails: ["find-missing/absent-and-present", "find-missing/empty-blob"],
  },
  {
    what: "misses the empty blob",
    method: "FindMissingBlobs",
    spoil: answered((answer, { blobDigests }) => ({
      missingBlobDigests: [
        ...(answer["missingBlobDigests"] as unknown[]),
        ...(blobDigests as { sizeBytes: number }[]).filter(({ sizeBytes }) => sizeBytes === 0),
      ],
    })),
    fails: ["find-missing/empty-blob"],
  },
  {
    what: "says that every blob of a batch was stored",
    method: "BatchUpdateBlobs",
    spoil: answered(({ responses }) => ({
      responses: (responses as Message[]).map((each) => ({ ...each, status: undefined })),
    })),
    fails: ["batch/mixed-statuses"],
  },
  {
    what: "answers a batch in part",
    method: "BatchUpdateBlobs",
    spoil: answered(({ responses }) => ({ responses: (responses as Message[]).slice(0, 1) })),
    fails: ["batch/round-trip"],
  },
  {
    what: "fails a batch as a whole",
    method: "BatchReadBlobs",
    spoil: answered(({ responses }) => {
      const wrong = (responses as { status?: { code: Code; message: string } }[]).find(({ status }) => status?.code);
      if (wrong?.status !== undefined) throw new StatusError(wrong.status.code, wrong.status.message);
      return { responses };
    }),
    fails: ["batch/read-absent"],
  },
  {
    what: "changes bytes that are read in batches",
    method: "BatchReadBlobs",
    spoil: answered(({ responses }) => ({
      responses: (responses as { data: Uint8Array }[]).map((each) => ({ ...each, data: each.data.map((b) => b ^ 1) })),
    })),
    fails: ["batch/round-trip"],
  },
  {
    what: "gives another size as committed",
    method: "Write",
    spoil: answered(({ committedSize }) => ({ committedSize: Number(committedSize) + 1 })),
    fails: ["byte-stream/round-trip", "byte-stream/write-existing"],
  },
  {
    what: "takes what it does not store",
    method: "Write",
    spoil: failed(() => ({ committedSize: 1000 })),
    fails: ["byte-stream/wrong-contents", "byte-stream/too-few-bytes", "byte-stream/too-many-bytes", "byte-stream/gap"],
  },
  {
    what: "ends reads early",
    method: "Read",
    spoil: streamed(async function* (messages) {
      for await (const message of messages) {
        yield message;
        return;
      }
    }),
    fails: ["byte-stream/round-trip"],
  },
  {
    what: "passes over the offset",
    method: "Read",
    spoil: (right: Stream) => (request: Message, call: CallContext) =>
      right({ ...request, readOffset: 0 } as never, call),
    fails: ["byte-stream/read-parts", "byte-stream/read-at-the-end"],
  },
  {
    what: "says Internal for what is not there",
    method: "Read",
    spoil: streamed(async function* (messages) {
      try {
        yield* messages;
      } catch (error) {
        throw new StatusError(Code.Internal, "an error", { cause: error });
      }
    }),
    fails: ["byte-stream/read-absent"],
  },
  {
    what: "reads an empty blob for one that is not there",
    method: "Read",
    spoil: streamed(async function* (messages) {
      try {
        yield* messages;
      } catch {
        yield { data: new Uint8Array() };
      }
    }),
    fails: ["byte-stream/read-absent", "byte-stream/unfinished"],
  },
  {
    what: "knows every upload",
    method: "QueryWriteStatus",
    spoil: failed(() => ({ committedSize: 5, complete: true })),
    fails: ["byte-stream/query-absent"],
  },
  {
    what: "has an empty result for every action",
    method: "GetActionResult",
    spoil: failed(() => new Uint8Array()),
    fails: ["action-cache/absent"],
  },
  {
    what: "names nothing that is missing",
    method: "UpdateActionResult",
    spoil: failed(({ code, message }) => new StatusError(code, message)),
    fails: ["action-cache/action-uploaded-first"],
  },
  {
    what: "keeps results from nobody",
    method: "UpdateActionResult",
    spoil: () => (request: Message) => Promise.resolve(request["actionResult"]),
    fails: ["action-cache/round-trip", "action-cache/replaced"],
  },
  {
    what: "leaves out half of a tree",
    method: "GetTree",
    spoil: streamed(async function* (messages) {
      for await (const message of messages)
        yield { ...message, directories: (message["directories"] as unknown[]).slice(0, 1) };
    }),
    fails: ["get-tree/whole"],
  },
  {
    what: "has an empty tree for every root",
    method: "GetTree",
    spoil: streamed(async function* (messages) {
      try {
        yield* messages;
      } catch {
        yield { directories: [], nextPageToken: "" };
      }
    }),
    fails: ["get-tree/root-absent"],
  },
  {
    what: "splits what is not there",
    method: "SplitBlob",
    spoil: failed(() => ({ chunkDigests: [], digestFunction: "SHA256", chunkingFunction: "FAST_CDC_2020" })),
    fails: ["chunks/split-absent"],
  },
];

let closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  closing = [];
});

/** A server over a memory store. */
async function serve(fault?: Fault): Promise<GrpcServer> {
  const { blobs, actionCache } = createMemoryStore();
  const right: Service = [
    ...createCapabilitiesService({ execution: false }),
    ...createCasService({ blobs }),
    ...createActionCacheService({ blobs, actionCache }),
    ...createByteStreamService({ blobs }),
  ];
  const service = right.map((bound): BoundMethod => {
    if (fault === undefined || !bound.method.path.endsWith(`/${fault.method}`)) return bound;
    return { method: bound.method, handler: fault.spoil(bound.handler as never) };
  });
  const server = await createGrpcServer({
    services: [service],
    listen: "127.0.0.1:0",
    callerOf: () => Promise.resolve(anyone),
  });
  closing.push(() => server.close(0));
  return server;
}

/** Groups of cases about services that are not served here. */
const NOT_SERVED = new Set(["services", "execute"]);

const groupOf = (name: string): string => name.slice(0, name.indexOf("/"));

/** What the suite finds, or the groups of the cases that are named; without the cases of services that are not served here. */
async function judge(server: GrpcServer, seed: string, names?: readonly string[]): Promise<CaseResult[]> {
  let counter = 0;
  const random = (sizeBytes: number): Buffer => {
    const pieces: Buffer[] = [];
    for (let at = 0; at < sizeBytes; at += 32)
      pieces.push(
        createHash("sha256")
          .update(`${seed}/${String(counter++)}`)
          .digest(),
      );
    return Buffer.concat(pieces).subarray(0, sizeBytes);
  };
  await using subject = await connectSubject({ url: `grpc://${server.address}`, random });
  const groups = new Set(names?.map(groupOf) ?? allCases.map(({ name }) => groupOf(name)));
  const cases = allCases.filter(({ name }) => !NOT_SERVED.has(groupOf(name)) && groups.has(groupOf(name)));
  const results: CaseResult[] = [];
  for await (const result of runSuite(cases, subject, { nowMs: () => 0, timeoutMs: 30_000 })) results.push(result);
  return results;
}

const broken = (results: readonly CaseResult[]): string[] =>
  results.filter(({ verdict }) => verdict === "fail" || verdict === "warn").map(({ name }) => name);

describe("the conformance suite", () => {
  let names: string[];
  beforeAll(() => {
    names = allCases.map(({ name }) => name);
  });

  it("has a name of its own for each case", () => {
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z-]+\/[a-z0-9-]+$/);
  });

  it("finds nothing wrong with a right server", async () => {
    const results = await judge(await serve(), "right");
    expect(broken(results)).toEqual([]);
    for (const { verdict, reason } of results) if (verdict === "skip") expect(reason).toBeTruthy();
  });

  it.each(faults)("finds a server that $what ($method)", async (fault) => {
    const results = await judge(await serve(fault), fault.what, fault.fails);
    expect(broken(results)).toEqual(expect.arrayContaining([...fault.fails]));
    for (const { name, reason } of results) if (fault.fails.includes(name)) expect(reason).toBeTruthy();
  });
});
