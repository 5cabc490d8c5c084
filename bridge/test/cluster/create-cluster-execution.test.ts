import { afterEach, describe, expect, it } from "vitest";
import { formatDigest, type Digest } from "#src/digest/index.js";
import { Code, StatusError } from "#src/status/index.js";
import {
  answered,
  cutAfter,
  cutRequestsAfter,
  failing,
  makesFiles,
  missing,
  openFaultCluster,
  resultWith,
  type Fault,
  type FaultCluster,
  type Work,
} from "./fault-cluster.js";
import { openClient, type Client } from "./open-client.js";

let opened = new AsyncDisposableStack();
afterEach(async () => {
  const closing = opened;
  opened = new AsyncDisposableStack();
  await closing.disposeAsync();
});

async function open(work?: Work, options?: Parameters<typeof openClient>[1]): Promise<[FaultCluster, Client]> {
  const cluster = opened.use(await openFaultCluster(work));
  return [cluster, opened.use(await openClient(cluster.address, options))];
}

const times = (count: number, fault: Fault): Fault[] => Array.from({ length: count }, () => fault);
const large = (byte: string, sizeBytes = 3 << 20): Buffer => Buffer.alloc(sizeBytes, byte);
const executions = ({ calls }: FaultCluster): string[] =>
  calls.filter((name) => name === "Execute" || name === "WaitExecution" || name === "CancelOperation");
const names = (...digests: readonly Digest[]): string[] => digests.map(formatDigest);

/** A worker that is held until it is let go, and the promise that it has begun. */
function held(work: Work = makesFiles): { work: Work; begun: Promise<unknown>; release: () => void } {
  const begun = Promise.withResolvers<undefined>();
  const free = Promise.withResolvers<undefined>();
  return {
    begun: begun.promise,
    release: () => free.resolve(undefined),
    async work(made) {
      begun.resolve(undefined);
      made.signal.addEventListener("abort", () => free.resolve(undefined));
      await free.promise;
      return work(made);
    },
  };
}

describe("a call that fails", () => {
  it.each([
    ["FindMissingBlobs", "unavailable", times(7, failing(Code.Unavailable))],
    ["FindMissingBlobs", "internal", times(3, failing(Code.Internal))],
    [
      "FindMissingBlobs",
      "away, and broken in between",
      [...times(5, failing(Code.Unavailable)), failing(Code.Internal)],
    ],
    ["GetActionResult", "aborted", times(3, failing(Code.Aborted))],
    ["GetActionResult", "after its deadline", times(3, failing(Code.DeadlineExceeded))],
    ["GetActionResult", "cancelled by something between", times(3, failing(Code.Cancelled))],
    ["BatchUpdateBlobs", "unavailable", times(7, failing(Code.Unavailable))],
    ["BatchReadBlobs", "unknown", times(3, failing(Code.Unknown))],
    ["Write", "unavailable", times(5, failing(Code.Unavailable))],
    ["Write", "cut within", [cutRequestsAfter(1), cutRequestsAfter(3), cutRequestsAfter(2, Code.Internal)]],
    ["Read", "cut within", [cutAfter(1), cutAfter(0), cutAfter(2, Code.Internal)]],
    ["Execute", "unavailable", times(7, failing(Code.Unavailable))],
  ])("of %s, %s, is made again", async (method, _, faults) => {
    const [cluster, client] = await open(async (made) => {
      const digest = await storeThere(made.store, large("o"));
      const { result } = await makesFiles(made);
      const output = { path: "big" as never, digest, isExecutable: false };
      return { result: { ...result!, outputFiles: [output, ...result!.outputFiles.slice(1)] } };
    });
    const { digest } = await client.action("big", [large("i"), Buffer.from("small")], ["big", "out", "two"]);
    cluster.next(method, ...faults);
    const response = await client.run(digest);
    expect(response.result?.outputFiles).toHaveLength(3);
    expect(client.clock.slept.length).toBeGreaterThanOrEqual(faults.length);
    expect(cluster.runs).toHaveLength(1);
    for (const file of response.result!.outputFiles)
      expect(await client.store.blobs.stat(file.digest)).toMatchObject({ sizeBytes: file.digest.sizeBytes });
  });

  it("is made again no sooner than the server says", async () => {
    const [cluster, client] = await open();
    const { digest } = await client.action("a");
    const later = { details: [{ kind: "retry-after", delayMs: 7_000 }] } as const;
    cluster.next("FindMissingBlobs", failing(Code.ResourceExhausted, later));
    cluster.next("Execute", failing(Code.Unavailable, later));
    await client.run(digest);
    expect(client.clock.slept).toEqual([7_000, 7_000]);
  });

  it("is made again also if it took longer than a cluster may be away", async () => {
    const [cluster, client] = await open();
    const { digest } = await client.action("a", [large("x")]);
    const late: Fault = (right) => async (requests: AsyncIterable<unknown>, call) => {
      await client.clock.sleep(600_000);
      return cutRequestsAfter(2)(right)(requests as never, call);
    };
    cluster.next("Write", late);
    expect((await client.run(digest)).result?.outputFiles).toHaveLength(1);
  });

  it("is not made again for ever", async () => {
    const [cluster, client] = await open();
    const { digest } = await client.action("a");
    cluster.always("GetActionResult", failing(Code.Internal));
    await expect(client.run(digest)).rejects.toMatchObject({
      code: Code.Internal,
      message: expect.stringContaining(cluster.address) as unknown,
    });
    expect(cluster.calls.filter((name) => name === "GetActionResult")).toHaveLength(4);
    cluster.always("GetActionResult", failing(Code.Unavailable));
    const before = client.clock.nowMs();
    await expect(client.run(digest)).rejects.toMatchObject({ code: Code.Unavailable });
    expect(client.clock.nowMs() - before).toBeGreaterThan(150_000);
    expect(cluster.runs).toEqual([]);
  });

  it.each([
    ["InvalidArgument", Code.InvalidArgument],
    ["PermissionDenied", Code.PermissionDenied],
    ["Unauthenticated", Code.Unauthenticated],
    ["Unimplemented", Code.Unimplemented],
  ])("for good, %s, is told at once", async (_, code) => {
    const [cluster, client] = await open();
    const { digest } = await client.action("a");
    cluster.always("FindMissingBlobs", failing(code));
    await expect(client.run(digest)).rejects.toMatchObject({ code });
    expect(client.clock.slept).toEqual([]);
  });

  it("is made again when no answer comes", async () => {
    const [cluster, client] = await open(undefined, { channel: { deadlineMs: 200 } });
    const { digest } = await client.action("a");
    const silent: Fault = () => () => new Promise(() => undefined);
    cluster.next("FindMissingBlobs", silent, silent);
    cluster.next("GetActionResult", silent);
    await client.run(digest);
    expect(client.clock.slept).toHaveLength(3);
  });

  it("sends only those blobs of a batch again that failed", async () => {
    const [cluster, client] = await open();
    const { digest, inputs } = await client.action("a", [Buffer.from("one"), Buffer.from("two"), Buffer.from("three")]);
    cluster.next(
      "BatchUpdateBlobs",
      answered(({ responses }: { responses: readonly { digest: Digest; status: object }[] }) => ({
        responses: responses
          .filter((each) => each.digest.hash !== inputs[0]!.hash)
          .map((each) =>
            each.digest.hash === inputs[1]!.hash
              ? { ...each, status: { code: Code.Unavailable, message: "busy" } }
              : each,
          ),
      })),
    );
    await client.run(digest);
    expect(cluster.uploads.slice(6)).toEqual(names(inputs[0]!, inputs[1]!));
  });
});

describe("an input that two actions have", () => {
  it("is sent for the second when the first, which was sending it, is not wanted any more", async () => {
    const [cluster, client] = await open();
    const shared = large("s");
    const [one, two] = [await client.action("one", [shared]), await client.action("two", [shared])];
    const sending = Promise.withResolvers<undefined>();
    cluster.next("Write", (right) => async (requests: AsyncIterable<unknown>, call) => {
      sending.resolve(undefined);
      await new Promise((resolve) => call.signal.addEventListener("abort", resolve));
      return right(requests as never, call);
    });
    const controller = new AbortController();
    const first = client.run(one.digest, { signal: controller.signal });
    await sending.promise;
    const second = client.run(two.digest);
    await expect.poll(() => cluster.calls.filter((name) => name === "FindMissingBlobs").length).toBe(2);
    controller.abort();
    await expect(first).rejects.toMatchObject({ code: Code.Cancelled });
    expect((await second).result?.outputFiles).toHaveLength(1);
    expect(await cluster.store.blobs.findMissing(two.inputs)).toEqual([]);
  });

  it("is sent once", async () => {
    const [cluster, client] = await open();
    const shared = large("s");
    const made = [await client.action("one", [shared]), await client.action("two", [shared])];
    await Promise.all(made.map(({ digest }) => client.run(digest)));
    const sent = cluster.uploads.filter((name) => name === formatDigest(made[0]!.inputs[0]!));
    expect(sent).toHaveLength(1);
  });

  it("that the cluster does not take is told at once", async () => {
    const cluster = opened.use(await openFaultCluster());
    cluster.next(
      "GetCapabilities",
      answered((answer: { cache: object }) => ({
        ...answer,
        cache: { ...answer.cache, maxCasBlobSizeBytes: 1 << 20 },
      })),
    );
    const client = opened.use(await openClient(cluster.address));
    expect(client.connection.capabilities.blobBytesMax).toBe(1 << 20);
    const { digest } = await client.action("a", [large("x")]);
    await expect(client.run(digest)).rejects.toMatchObject({ code: Code.InvalidArgument });
    expect(cluster.uploads).toEqual([]);
  });
});

describe("an execution's stream that breaks", () => {
  it.each([
    ["cut", Code.Unavailable, 1],
    ["cut", Code.Internal, 1],
    ["cancelled on the way", Code.Cancelled, 2],
    ["at its deadline", Code.DeadlineExceeded, 2],
    ["ended before the execution", "ends", 1],
  ] as const)("%s (%s, after %i messages), is taken up where it was", async (_, code, messages) => {
    const { work, begun, release } = held();
    const [cluster, client] = await open(work);
    const { digest } = await client.action("a");
    cluster.next("Execute", cutAfter(messages, code));
    cluster.next("WaitExecution", cutAfter(1, code), failing(Code.Unavailable), cutAfter(1, code), undefined);
    const running = client.run(digest);
    await begun;
    await expect.poll(() => executions(cluster).length).toBe(5);
    release();
    expect((await running).result?.outputFiles).toHaveLength(1);
    expect(executions(cluster)).toEqual(["Execute", ...times(4, cutAfter(0)).map(() => "WaitExecution")]);
    expect(cluster.runs).toHaveLength(1);
  });

  it("is waited for no sooner than the server says", async () => {
    const [cluster, client] = await open();
    const { digest } = await client.action("a");
    cluster.next("Execute", cutAfter(1));
    cluster.next("WaitExecution", failing(Code.Unavailable, { details: [{ kind: "retry-after", delayMs: 9_000 }] }));
    await client.run(digest);
    expect(client.clock.slept).toEqual([100, 9_000]);
  });

  it("begins anew when the cluster has forgotten it", async () => {
    const first = held();
    let runs = 0;
    const [cluster, client] = await open((made) => (++runs === 1 ? first.work(made) : makesFiles(made)));
    const { digest } = await client.action("a");
    cluster.next("Execute", cutAfter(2));
    cluster.next(
      "WaitExecution",
      (right) =>
        async function* (request, call) {
          first.release();
          await cluster.restartScheduler();
          yield* right(request, call) as AsyncIterable<unknown>;
        },
    );
    expect((await client.run(digest)).result?.outputFiles).toHaveLength(1);
    expect(executions(cluster)).toEqual(["Execute", "WaitExecution", "Execute"]);
  });

  it("is not begun anew for ever", async () => {
    const [cluster, client] = await open();
    const { digest } = await client.action("a");
    cluster.always("Execute", cutAfter(1));
    cluster.always("WaitExecution", failing(Code.NotFound));
    await expect(client.run(digest)).rejects.toMatchObject({ code: Code.Unavailable });
    expect(executions(cluster).filter((name) => name === "Execute")).toHaveLength(8);
  });

  it("is taken up also when nothing was heard for longer than a cluster may be away", async () => {
    const { work, begun, release } = held();
    const [cluster, client] = await open(work);
    const { digest } = await client.action("a");
    const heard = Promise.withResolvers<undefined>();
    cluster.next(
      "Execute",
      (right) =>
        async function* (request, call) {
          for await (const message of right(request, call) as AsyncIterable<unknown>) {
            yield message;
            break;
          }
          await heard.promise;
          await client.clock.sleep(3_600_000);
          throw new StatusError(Code.Unavailable, "an hour later");
        },
    );
    const running = client.run(digest, { onStage: { queued: () => heard.resolve(undefined) } });
    await begun;
    release();
    expect((await running).result?.outputFiles).toHaveLength(1);
    expect(executions(cluster)).toEqual(["Execute", "WaitExecution"]);
  });

  it("is given up when the cluster stays away", async () => {
    const { work, begun, release } = held();
    const [cluster, client] = await open(work);
    const { digest } = await client.action("a");
    cluster.next("Execute", cutAfter(1));
    cluster.always("WaitExecution", failing(Code.Unavailable));
    const before = client.clock.nowMs();
    await expect(client.run(digest)).rejects.toMatchObject({
      code: Code.Unavailable,
      message: expect.stringContaining(cluster.address) as unknown,
    });
    expect(client.clock.nowMs() - before).toBeGreaterThan(150_000);
    await begun;
    release();
  });

  it("is cancelled there when nobody wants it any more", async () => {
    const [cluster, client] = await open(held().work);
    const { digest } = await client.action("a");
    const controller = new AbortController();
    const { signal } = controller;
    const running = client.run(digest, { signal, onStage: { executing: () => controller.abort() } });
    await expect(running).rejects.toMatchObject({ code: Code.Cancelled });
    expect(executions(cluster)).toEqual(["Execute", "CancelOperation"]);
  });
});

describe("inputs that the cluster has lost", () => {
  it("are sent again, they alone", async () => {
    const [cluster, client] = await open();
    const inputs = [large("x"), Buffer.from("small"), Buffer.from("other"), large("y")];
    const made = await client.action("a", inputs);
    // It says that it has all, and its worker finds that it does not.
    cluster.next(
      "FindMissingBlobs",
      undefined,
      answered(() => ({ missingBlobDigests: [] })),
    );
    cluster.next("Execute", (right) => (request, call) => {
      cluster.evict(made.inputs[0]!, made.inputs[1]!);
      return right(request, call);
    });
    await client.run(made.digest);
    expect(cluster.uploads.slice(7).toSorted()).toEqual(names(made.inputs[0]!, made.inputs[1]!).toSorted());
    expect(executions(cluster)).toEqual(["Execute", "Execute"]);
  });

  it("are sent again when a running action misses them", async () => {
    let lost: readonly Digest[] = [];
    const [cluster, client] = await open(async (made) =>
      made.run === 1 ? { status: missing(lost) } : makesFiles(made),
    );
    const made = await client.action("a", [Buffer.from("small"), Buffer.from("other")]);
    lost = [made.inputs[1]!];
    await client.run(made.digest);
    expect(cluster.uploads.slice(5)).toEqual(names(made.inputs[1]!));
    expect(cluster.runs).toHaveLength(2);
  });

  it("are not sent for ever", async () => {
    let lost: readonly Digest[] = [];
    const [cluster, client] = await open(async () => ({ status: missing(lost) }));
    const made = await client.action("a", [Buffer.from("small")]);
    lost = [made.inputs[0]!];
    await expect(client.run(made.digest)).rejects.toMatchObject({ code: Code.FailedPrecondition });
    expect(cluster.runs).toHaveLength(9);
  });

  it("are sent only if they are inputs of the action", async () => {
    let lost: readonly Digest[] = [];
    const [cluster, client] = await open(async (made) =>
      made.run === 1 ? { status: missing(lost) } : makesFiles(made),
    );
    const other = await client.action("other", [Buffer.from("secret")]);
    lost = other.inputs;
    const made = await client.action("a", [Buffer.from("small")]);
    await client.run(made.digest);
    expect(cluster.uploads).not.toContain(formatDigest(other.inputs[0]!));
  });

  it("that are gone here too are named", async () => {
    const [, client] = await open();
    const made = await client.action("a", [Buffer.from("small")]);
    const { blobs } = client.store;
    const readMany = blobs.readMany.bind(blobs);
    blobs.readMany = async (digests, options) => {
      const found = await readMany(digests, options);
      return found.map((bytes, i) => (digests[i]!.hash === made.inputs[0]!.hash ? undefined : bytes));
    };
    await expect(client.run(made.digest)).rejects.toMatchObject({
      code: Code.FailedPrecondition,
      details: [{ kind: "missing-blobs", subjects: [expect.stringContaining(made.inputs[0]!.hash)] }],
    });
  });
});

describe("a worker that is lost", () => {
  it.each([
    ["Unavailable", Code.Unavailable],
    ["Internal", Code.Internal],
  ])("is told as the action's status, %s", async (_, code) => {
    const [cluster, client] = await open(async () => ({ status: new StatusError(code, "worker lost") }));
    const { digest } = await client.action("a");
    const message = expect.stringContaining(`cluster grpc://${cluster.address}: worker lost`) as unknown;
    expect(await client.run(digest)).toMatchObject({ status: { code, message } });
    expect(cluster.runs).toHaveLength(1);
  });
});

describe("a cached result", () => {
  it("whose outputs the cluster has lost is not used, and the action is run again", async () => {
    const [cluster, client] = await open();
    const { digest } = await client.action("a");
    const first = await client.run(digest);
    await using second = await openClient(cluster.address);
    await second.action("a");
    // A cache that does not look whether its entry is whole.
    cluster.next("GetActionResult", (right) => async (request, call) => {
      const answer = await right(request, call);
      cluster.evict(first.result!.outputFiles[0]!.digest);
      return answer;
    });
    const response = await second.run(digest);
    expect([response.cachedResult, cluster.runs.length]).toEqual([false, 2]);
  });

  it("that lacks an output is not used", async () => {
    const [cluster, client] = await open(async (made) =>
      made.run === 1 ? { result: resultWith({}) } : makesFiles(made),
    );
    const { digest } = await client.action("a");
    expect((await client.run(digest)).result?.outputFiles).toEqual([]);
    expect((await client.run(digest)).result?.outputFiles).toHaveLength(1);
    expect(cluster.runs).toHaveLength(2);
  });
});

async function storeThere(store: { blobs: Client["store"]["blobs"] }, bytes: Uint8Array): Promise<Digest> {
  const [info] = await store.blobs.writeMany([{ bytes }]);
  return { fn: "blake3", hash: info!.blake3, sizeBytes: info!.sizeBytes };
}
