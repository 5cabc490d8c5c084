import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readdirSync } from "node:fs";
import { digestBytes, type Digest } from "@causeway/bridge/digest";
import { encodeAction, encodeCommand, encodeReapiDirectory } from "@causeway/bridge/formats";
import { Code } from "@causeway/bridge/status";
import { requireProgram } from "../require-program.ts";
import { mountsBelow, processesOf } from "../sandbox/processes.ts";
import { latin1 } from "../sandbox/put-action.ts";
import { openCluster, type Cluster, type Seen } from "./open-cluster.ts";

// Executions over gRPC, from the client's side of the wire to processes.

requireProgram(["crun", "--version"], "crun");

let cluster: Cluster;

beforeAll(async () => {
  cluster = await openCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

async function all(messages: AsyncIterable<Seen>): Promise<Seen[]> {
  const list: Seen[] = [];
  for await (const message of messages) list.push(message);
  return list;
}

/** The last message, which has the response. */
async function run(actionDigest: Digest, more: object = {}): Promise<NonNullable<Seen["response"]>> {
  return (await all(cluster.execute(actionDigest, more))).at(-1)!.response!;
}

async function put(bytes: Uint8Array): Promise<Digest> {
  await cluster.sandbox.store.blobs.writeMany([{ bytes }]);
  return digestBytes("sha256", bytes);
}

const subject = ({ hash, sizeBytes }: Digest): string => `blobs/${hash}/${String(sizeBytes)}`;
const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? "").toString();
let unique = 0;
const fresh = (): string => `: ${String(process.pid)} ${String(unique++)}; `;

describe("Execute", () => {
  it("says each stage in order, and the result at the end", async () => {
    const actionDigest = await cluster.action(`${fresh()}cat in > out`, { command: { outputPaths: [latin1("out")] } });
    const messages = await all(cluster.execute(actionDigest));
    expect(messages.map(({ stage }) => stage)).toEqual(["CACHE_CHECK", "QUEUED", "EXECUTING", "COMPLETED"]);
    expect(messages.map(({ done }) => done)).toEqual([false, false, false, true]);
    expect(messages.some(({ hasError }) => hasError)).toBe(false);
    expect(new Set(messages.map(({ name }) => name)).size).toBe(1);
    const { metadata, response } = messages.at(-1)!;
    expect(metadata).toMatchObject({
      actionDigest: { hash: actionDigest.hash, sizeBytes: String(actionDigest.sizeBytes) },
      digestFunction: "SHA256",
    });
    expect(response!.status).toBeUndefined();
    expect(response!.result!.outputFiles).toMatchObject([
      { path: "out", digest: { hash: digestBytes("sha256", Buffer.from("input\n")).hash, sizeBytes: "6" } },
    ]);
    const times = response!.result!.executionMetadata!;
    expect(Number(times.executionCompletedTimestamp!.seconds)).toBeGreaterThan(1e9);
  });

  it("answers from the cache the second time, unless asked not to", async () => {
    const actionDigest = await cluster.action(`${fresh()}true`);
    expect((await run(actionDigest)).cachedResult).toBeFalsy();
    const again = await all(cluster.execute(actionDigest));
    expect(again.map(({ stage }) => stage)).toEqual(["CACHE_CHECK", "COMPLETED"]);
    expect(again.at(-1)!.response!.cachedResult).toBe(true);
    expect((await run(actionDigest, { skipCacheLookup: true })).cachedResult).toBeFalsy();
    expect((await run(actionDigest, { instanceName: "other/instance" })).cachedResult).toBeFalsy();
  });

  it("does not keep what must not be, nor failures", async () => {
    const uncached = await cluster.action(`${fresh()}true`, { action: { doNotCache: true } });
    await run(uncached);
    expect((await run(uncached)).cachedResult).toBeFalsy();
    const failing = await cluster.action(`${fresh()}exit 3`);
    expect((await run(failing)).result!.exitCode).toBe(3);
    expect((await run(failing)).cachedResult).toBeFalsy();
  });

  it("sends along what is asked for, and nothing else", async () => {
    const script = `${fresh()}echo out; echo err >&2; echo 1 > a; echo 2 > b`;
    const actionDigest = await cluster.action(script, { command: { outputPaths: ["a", "b"].map(latin1) } });
    const bare = (await run(actionDigest)).result!;
    expect([bare.stdoutRaw, bare.stderrRaw, bare.outputFiles[0]!.contents]).toEqual([undefined, undefined, undefined]);
    const full = (await run(actionDigest, { inlineStdout: true, inlineStderr: true, inlineOutputFiles: ["b", "none"] }))
      .result!;
    expect([text(full.stdoutRaw), text(full.stderrRaw)]).toEqual(["out\n", "err\n"]);
    expect(full.outputFiles.map(({ contents }) => text(contents))).toEqual(["", "2\n"]);
    expect(full.stdoutDigest!.hash).toBe(digestBytes("sha256", Buffer.from("out\n")).hash);
  });

  it("leaves out of a message what would make it too large", async () => {
    const script = `${fresh()}head -c 5000000 /dev/zero; echo small >&2`;
    const { result } = await run(await cluster.action(script), { inlineStdout: true, inlineStderr: true });
    expect([result!.stdoutRaw, text(result!.stderrRaw)]).toEqual([undefined, "small\n"]);
  });

  it("refuses what cannot be executed, with the exact blobs that are missing", async () => {
    const absent = [1, 2, 3].map((n) => digestBytes("sha256", Buffer.from(`absent ${String(n)}`)));
    const [a, b, c] = absent as [Digest, Digest, Digest];
    const missing = (...digests: Digest[]): object => ({
      code: Code.FailedPrecondition,
      details: [{ kind: "missing-blobs", subjects: digests.map(subject) }],
    });
    await expect(run(a)).rejects.toMatchObject(missing(a));
    const emptyRoot = await put(encodeReapiDirectory({ files: [], directories: [], symlinks: [] }));
    const noCommand = await put(encodeAction({ commandDigest: a, inputRootDigest: emptyRoot }));
    await expect(run(noCommand)).rejects.toMatchObject(missing(a));
    const commandDigest = await put(
      encodeCommand({ arguments: [latin1("true")], environment: new Map(), outputPaths: [] }),
    );
    const root = await put(
      encodeReapiDirectory({
        files: [{ name: latin1("f"), digest: b, isExecutable: false }],
        directories: [{ name: latin1("d"), digest: c }],
        symlinks: [],
      }),
    );
    const noInputs = await put(encodeAction({ commandDigest, inputRootDigest: root }));
    await expect(run(noInputs)).rejects.toMatchObject(missing(c, b));
  });

  it("refuses malformed requests", async () => {
    const actionDigest = await cluster.action("true");
    for (const more of [
      { digestFunction: "MD5" },
      { actionDigest: { hash: "xyz", sizeBytes: 1 } },
      { actionDigest: undefined },
    ])
      await expect(run(actionDigest, more)).rejects.toMatchObject({ code: Code.InvalidArgument });
    const long = await cluster.action("true", { action: { timeoutMs: 1e12 } });
    await expect(run(long)).rejects.toMatchObject({ code: Code.InvalidArgument });
  });

  it("ends an action at its timeout, with what it has written", async () => {
    const actionDigest = await cluster.action(`${fresh()}echo begun; sleep 1234`, { action: { timeoutMs: 300 } });
    const { status, result } = await run(actionDigest, { inlineStdout: true });
    expect(status!.code).toBe(Code.DeadlineExceeded);
    expect(text(result!.stdoutRaw)).toBe("begun\n");
    expect(processesOf("1234")).toEqual([]);
  });

  it("says in the response what went wrong while it ran", async () => {
    const { status } = await run(await cluster.action("mkfifo out", { command: { outputPaths: [latin1("out")] } }));
    expect(status!.code).toBe(Code.InvalidArgument);
  });

  it("runs equal actions once, and tells all who ask", async () => {
    const stamp = await cluster.action(`${fresh()}sleep 0.3; date +%s%N`);
    const responses = await Promise.all(
      [0, 1, 2, 3].map(() => run(stamp, { inlineStdout: true, skipCacheLookup: true })),
    );
    expect(new Set(responses.map(({ result }) => text(result!.stdoutRaw))).size).toBe(1);
  });

  it("executes in BLAKE3 when the request says so", async () => {
    const { store } = cluster.sandbox;
    const sha256 = await cluster.action(`${fresh()}echo x`);
    const info = await store.blobs.stat(sha256);
    // The same bytes under the other function name SHA-256 digests, which are none of BLAKE3's.
    await expect(
      run({ fn: "blake3", hash: info!.blake3, sizeBytes: info!.sizeBytes }, { digestFunction: "BLAKE3" }),
    ).rejects.toMatchObject({ code: Code.FailedPrecondition });
  });
});

describe("a client that goes", () => {
  /** Starts an action and leaves it once it is executing. */
  async function abandoned(actionDigest: Digest): Promise<string> {
    for await (const { name, stage } of cluster.execute(actionDigest)) if (stage === "EXECUTING") return name;
    throw new Error("it did not execute");
  }

  it("can wait for its operation again, and learns at once where it is", async () => {
    const name = await abandoned(await cluster.action(`${fresh()}sleep 0.5; echo done`));
    const messages = await all(cluster.wait(name));
    expect(messages.map(({ stage }) => stage)).toEqual(["EXECUTING", "COMPLETED"]);
    expect(messages.at(-1)!.response!.result!.exitCode ?? 0).toBe(0);
    expect((await all(cluster.wait(name))).map(({ stage }) => stage)).toEqual(["COMPLETED"]);
    await expect(all(cluster.wait("operations/none"))).rejects.toMatchObject({ code: Code.NotFound });
  });

  it("can read the log while the action runs", async () => {
    const actionDigest = await cluster.action(`${fresh()}echo first; sleep 0.3; echo second; echo err >&2`);
    let reading: Promise<string> | undefined;
    for await (const { stage, metadata } of cluster.execute(actionDigest))
      if (stage === "EXECUTING") reading = readLog(metadata.stdoutStreamName!);
    expect(await reading).toBe("first\nsecond\n");
  });

  it("can cancel its operation, of which nothing is left", async () => {
    const name = await abandoned(await cluster.action(`${fresh()}sleep 4321 & echo begun; sleep 4321`));
    for await (const piece of cluster.logs.read(cluster.operations.get(name).logs!.stdout)) if (piece.length > 0) break;
    expect(processesOf("4321").length).toBeGreaterThan(0);
    const { cancelOperation, waitOperation, getOperation, listOperations, deleteOperation } =
      cluster.methods.operations;
    const listed = await cluster.channel.unary(listOperations, { name: "operations" });
    expect(listed.operations.map((operation) => operation.name)).toContain(name);
    await cluster.channel.unary(cancelOperation, { name });
    const ended = await cluster.channel.unary(waitOperation, { name });
    expect(ended.done).toBe(true);
    const [last] = await all(cluster.wait(name));
    expect(last!.response!.status!.code).toBe(Code.Cancelled);
    expect(processesOf("4321")).toEqual([]);
    await cluster.channel.unary(deleteOperation, { name });
    await expect(cluster.channel.unary(getOperation, { name })).rejects.toMatchObject({ code: Code.NotFound });
  });

  it("has its action ended when it does not come back", async () => {
    const own = await openCluster({ limits: { graceMs: 50 } });
    try {
      const actionDigest = await own.action(`${fresh()}sleep 9876`);
      let name = "";
      for await (const message of own.execute(actionDigest)) {
        ({ name } = message);
        if (message.stage === "EXECUTING") break;
      }
      // It ends while nobody watches; whoever comes then sees how.
      while (own.operations.get(name).state.stage !== "completed")
        await new Promise((resolve) => setTimeout(resolve, 20));
      const [last] = await all(own.wait(name));
      expect(last!.response!.status!.code).toBe(Code.Cancelled);
      expect(processesOf("9876")).toEqual([]);
      expect(mountsBelow(own.sandbox.home)).toEqual([]);
      // Its files go while others run already.
      await expect
        .poll(() => readdirSync(own.sandbox.workDirectory).filter((entry) => entry.startsWith("test-")))
        .toEqual([]);
    } finally {
      await own[Symbol.asyncDispose]();
    }
  });

  async function readLog(name: string): Promise<string> {
    let log = "";
    for await (const piece of cluster.logs.read(name)) log += text(piece);
    return log;
  }
});
