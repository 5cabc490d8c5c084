import { describe, expect, it } from "vitest";
import { BuildStatus } from "#src/coordinator/build.js";
import { Code, StatusError } from "#src/status/index.js";
import { createFakeWorld, done, drv, executing, hang, result, says, type Script } from "./fakes.js";

const all = (...names: readonly string[]) => names.map((name) => ({ drvPath: drv(name), outputs: "all" as const }));
const executions = (happened: readonly string[]) => happened.filter((what) => what.startsWith("execute"));

describe("operating errors", () => {
  const unavailable = new StatusError(Code.Unavailable, "the scheduler restarts");

  it("are tried again, later each time", async () => {
    const script: Script = async function* (_name, _request, _signal, run) {
      if (run < 4) throw unavailable;
      yield done(0);
    };
    const world = createFakeWorld({ a: {} }, { script });
    expect((await world.coordinator.build(all("a"))).results[0]!.status).toBe(BuildStatus.Built);
    expect(world.clock.slept).toEqual([750, 1500, 3000]);
    // Each time anew: another place may take it.
    expect(world.happened.filter((what) => what === "prepare a")).toHaveLength(4);
  });

  it("are final after so many tries", async () => {
    const script: Script = async function* () {
      yield executing;
      throw unavailable;
    };
    const world = createFakeWorld({ a: {} }, { script, limits: { attemptsMax: 3 } });
    expect((await world.coordinator.build(all("a"))).results[0]).toMatchObject({
      status: BuildStatus.MiscFailure,
      errorText: "cannot build '/nix/store/a.drv': the scheduler restarts (tried 3 times)",
    });
    expect(executions(world.happened)).toHaveLength(3);
  });

  it("that name missing inputs lead to preparing again, at once", async () => {
    const missing = new StatusError(Code.FailedPrecondition, "blobs are missing", {
      details: [{ kind: "missing-blobs", subjects: ["blobs/x/1"] }],
    });
    const script: Script = async function* (_name, _request, _signal, run) {
      if (run === 1) throw missing;
      yield done(0);
    };
    const world = createFakeWorld({ a: {} }, { script });
    await world.coordinator.build(all("a"));
    expect(world.happened).toEqual(["prepare a", "execute a", "prepare a", "execute a", "register a"]);
    expect(world.clock.slept).toEqual([]);
  });

  it("that name missing results lead to executing again, past the action cache", async () => {
    const register = (_name: string, run: number): void => {
      if (run === 1) throw new StatusError(Code.NotFound, "the output is gone");
    };
    const world = createFakeWorld({ a: {} }, { register });
    await world.coordinator.build(all("a"));
    expect(executions(world.happened)).toEqual(["execute a", "execute uncached a"]);
  });

  it("that cut the stream lead to executing again", async () => {
    const script: Script = async function* (_name, _request, _signal, run) {
      yield executing;
      if (run > 1) yield done(0);
    };
    const world = createFakeWorld({ a: {} }, { script });
    expect((await world.coordinator.build(all("a"))).results[0]!.status).toBe(BuildStatus.Built);
    expect(executions(world.happened)).toHaveLength(2);
  });

  it("that are a refusal are final at once", async () => {
    const script: Script = async function* () {
      yield executing;
      throw new StatusError(Code.PermissionDenied, "not you");
    };
    const world = createFakeWorld({ a: {} }, { script });
    const { results } = await world.coordinator.build(all("a"));
    expect(results[0]!.errorText).toBe("cannot build '/nix/store/a.drv': not you");
  });
});

describe("limits of a builder", () => {
  const status = new StatusError(Code.DeadlineExceeded, "too slow");

  it("report the timeout in Nix's words", async () => {
    const script: Script = async function* () {
      yield { type: "done", response: { status, result: result(-1), cachedResult: false } };
    };
    const world = createFakeWorld({ a: {} }, { script });
    expect(
      (await world.coordinator.build([{ drvPath: drv("a"), outputs: ["out"] }], { timeoutMs: 2000 })).results[0],
    ).toMatchObject({
      status: BuildStatus.TimedOut,
      errorText: "building of '/nix/store/a.drv!out' from .drv file timed out after 2 seconds",
    });
  });

  it("end a silent builder, but not one that speaks in time", async () => {
    const script: Script = async function* (name, _request, signal) {
      yield { type: "stage", stage: "queued" };
      await world.clock.sleep(10_000); // Waiting in a queue is no silence.
      yield executing;
      for (let words = 0; words < 5; words++) {
        await world.clock.sleep(900);
        yield says("word\n");
      }
      if (name === "silent") await hang(signal);
      yield done(0);
    };
    const world = createFakeWorld({ silent: {}, lively: {} }, { script });
    const { results } = await world.coordinator.build(all("silent", "lively"), { keepGoing: true, maxSilentMs: 1000 });
    expect(results[0]).toMatchObject({
      status: BuildStatus.TimedOut,
      errorText: "building of '/nix/store/silent.drv!*' from .drv file timed out after 1 seconds of silence",
    });
    expect(results[1]!.status).toBe(BuildStatus.Built);
    expect(world.running.size).toBe(0);
  });

  it("end a builder that writes too much, one byte past the limit", async () => {
    const script: Script = async function* (name, _request, signal) {
      yield says("x".repeat(name === "loud" ? 101 : 100));
      if (name === "loud") await hang(signal);
      yield done(0);
    };
    const world = createFakeWorld({ loud: {}, quiet: {} }, { script });
    const { results } = await world.coordinator.build(all("loud", "quiet"), { keepGoing: true, maxLogBytes: 100 });
    expect(results[0]).toMatchObject({
      status: BuildStatus.LogLimitExceeded,
      errorText:
        "building of '/nix/store/loud.drv!*' from .drv file killed after writing more than 100 bytes of log output",
    });
    expect(results[1]!.status).toBe(BuildStatus.Built);
  });
});
