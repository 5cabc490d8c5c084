import { describe, expect, it } from "vitest";
import { BuildStatus } from "#src/coordinator/build.js";
import type { ProgressEvent } from "#src/coordinator/progress.js";
import { blobInfoOf, digestBytes } from "#src/digest/index.js";
import { Code, StatusError } from "#src/status/index.js";
import { createFakeWorld, done, drv, executing, hang, says, type Script } from "./fakes.js";

const all = (...names: readonly string[]) => names.map((name) => ({ drvPath: drv(name), outputs: "all" as const }));
const executions = (happened: readonly string[]) => happened.filter((what) => what.startsWith("execute"));

describe("cancellation", () => {
  it("ends the build after its executions, and nothing of it stays", async () => {
    const abort = new AbortController();
    let cleaned = false;
    const script: Script = async function* (_name, _request, signal) {
      yield executing;
      abort.abort();
      try {
        await hang(signal);
      } finally {
        await new Promise(setImmediate);
        cleaned = true;
      }
    };
    const world = createFakeWorld({ a: {} }, { script });
    const { results } = await world.coordinator.build(all("a"), { signal: abort.signal });
    expect(cleaned).toBe(true);
    expect(results[0]).toMatchObject({
      status: BuildStatus.Cancelled,
      errorText: "build of '/nix/store/a.drv' was cancelled",
    });
    expect(world.running.size).toBe(0);
  });

  it("leaves alone what another build waits for", async () => {
    const abort = new AbortController();
    const script: Script = async function* () {
      yield executing;
      abort.abort();
      await new Promise(setImmediate);
      yield done(0);
    };
    const world = createFakeWorld({ a: {} }, { script });
    const [left, stayed] = await Promise.all([
      world.coordinator.build(all("a"), { signal: abort.signal }),
      world.coordinator.build(all("a")),
    ]);
    expect(left.results[0]!.status).toBe(BuildStatus.Cancelled);
    expect(stayed.results[0]!.status).toBe(BuildStatus.Built);
    expect(executions(world.happened)).toHaveLength(1);
  });

  it("comes at once for a signal that was aborted before, and when the coordinator is disposed", async () => {
    const script: Script = async function* (_name, _request, signal) {
      yield executing;
      await hang(signal);
    };
    const world = createFakeWorld({ a: {} }, { script });
    const early = await world.coordinator.build(all("a"), { signal: AbortSignal.abort() });
    expect(early.results[0]!.status).toBe(BuildStatus.Cancelled);
    const late = world.coordinator.build(all("a"));
    await new Promise(setImmediate);
    await world.coordinator[Symbol.asyncDispose]();
    expect((await late).results[0]!.status).toBe(BuildStatus.Cancelled);
    expect(world.running.size).toBe(0);
  });

  it("wakes those who wait for another try", async () => {
    const abort = new AbortController();
    const script: Script = async function* () {
      yield executing;
      throw new StatusError(Code.Unavailable, "down");
    };
    const world = createFakeWorld({ a: {} }, { script });
    const onEvent = ({ type }: ProgressEvent): void => {
      if (type === "retrying") abort.abort();
    };
    const { results } = await world.coordinator.build(all("a"), { signal: abort.signal, onEvent });
    expect(results[0]!.status).toBe(BuildStatus.Cancelled);
  });
});

describe("progress and logs", () => {
  const talk = 'one\rO\n@nix {"action":"setPhase","phase":"buildPhase"}\n@nix {broken\nlast';
  const shown = ["One", "@nix {broken", "last"];

  async function logOf(world: ReturnType<typeof createFakeWorld>, name: string): Promise<string> {
    const [hash, size] = world.notes.all.get(`log/${name}.drv`)!.split("/");
    const pieces = await Array.fromAsync(world.blobs.read({ fn: "blake3", hash: hash!, sizeBytes: Number(size) }));
    return Buffer.concat(pieces).toString();
  }

  it("tells what happens, in order", async () => {
    const script: Script = async function* () {
      yield executing;
      yield says(talk.slice(0, 20));
      yield says(talk.slice(20));
      yield done(0);
    };
    const world = createFakeWorld({ a: {} }, { script });
    const events: ProgressEvent[] = [];
    await world.coordinator.build(all("a"), { onEvent: (event) => events.push(event) });
    const told = events.filter(({ type }) => type !== "counts");
    expect(told.map((event) => (event.type === "stage" ? event.stage : event.type))).toEqual([
      ...["discovered", "queued", "started", "preparing", "executing"],
      ...["log", "phase", "log", "log", "registering", "finished"],
    ]);
    expect(told.filter(({ type }) => type === "log").map((event) => "line" in event && event.line)).toEqual(shown);
    expect(told.find(({ type }) => type === "phase")).toMatchObject({ phase: "buildPhase", drvPath: "a.drv" });
    expect(events.findLast(({ type }) => type === "counts")).toEqual({
      ...{ type: "counts", expected: 1, running: 0, done: 1, failed: 0 },
    });
    expect(await logOf(world, "a")).toBe(talk);
  });

  it("takes the whole log from the result when it is there", async () => {
    const script: Script = async function* () {
      yield says("part");
      yield done(7, { stdoutDigest: digestBytes("sha256", Buffer.from("the whole log\n")) });
    };
    const world = createFakeWorld({ a: {} }, { script });
    await world.blobs.writeMany([{ bytes: Buffer.from("the whole log\n") }]);
    await world.coordinator.build(all("a"));
    expect(await logOf(world, "a")).toBe("the whole log\n");
    expect(world.notes.all.get("log/a.drv")).toBe(`${blobInfoOf(Buffer.from("the whole log\n")).blake3}/14`);
  });

  it("shows afterwards what did not come live", async () => {
    const script: Script = async function* () {
      yield done(1, { stdoutRaw: Buffer.from("out\n"), stderrRaw: Buffer.from("err\n") });
    };
    const world = createFakeWorld({ a: {} }, { script });
    const { results } = await world.coordinator.build(all("a"));
    expect(results[0]!.errorText).toContain("last 2 log lines:\n> out\n> err\n");
    expect(await logOf(world, "a")).toBe("out\nerr\n");
  });

  it("rejects with what a listener throws, after cancelling the build", async () => {
    const world = createFakeWorld({ a: {} });
    const onEvent = (): void => {
      throw new Error("the terminal is gone");
    };
    await expect(world.coordinator.build(all("a"), { onEvent })).rejects.toThrow("the terminal is gone");
    expect((await world.coordinator.build(all("a"))).results[0]!.status).toBe(BuildStatus.Built);
  });
});
