import { describe, expect, it } from "vitest";
import { BuildFailure, BuildStatus } from "#src/coordinator/build.js";
import { createFakeWorld, done, drv, hang, says, type FakeDerivation, type Script } from "./fakes.js";

const all = (...names: readonly string[]) => names.map((name) => ({ drvPath: drv(name), outputs: "all" as const }));
const diamond = {
  top: { inputs: { left: ["out"], right: ["out"] } },
  left: { inputs: { base: ["out"] } },
  right: { inputs: { base: ["out"] }, sources: ["patch"] },
  base: { sources: ["patch"] },
} satisfies Record<string, FakeDerivation>;
const executions = (happened: readonly string[]) => happened.filter((what) => what.startsWith("execute"));

describe("a build", () => {
  it("builds each derivation of a graph once, inputs first", async () => {
    const world = createFakeWorld(diamond);
    const { results, failures } = await world.coordinator.build(all("top", "left"));
    expect(failures).toEqual([]);
    expect(results.map(({ status }) => status)).toEqual([BuildStatus.Built, BuildStatus.Built]);
    expect(results[0]!.outputs).toEqual(new Map([["out", "top-out"]]));
    expect(executions(world.happened)).toEqual(["execute base", "execute left", "execute right", "execute top"]);
    expect(world.happened.filter((what) => what === "source patch")).toHaveLength(1);
  });

  it("does not look at the inputs of what is valid", async () => {
    const world = createFakeWorld({ top: { inputs: { gone: ["out"] } } });
    world.valid.add("top-out");
    const { results } = await world.coordinator.build(all("top"));
    expect(results[0]).toMatchObject({ status: BuildStatus.AlreadyValid, timesBuilt: 0 });
    expect(world.happened).toEqual([]);
  });

  it("is content with the wanted outputs, and opens a derivation again for more", async () => {
    const world = createFakeWorld({ two: { outputs: { dev: "input-addressed", out: "input-addressed" } } });
    world.valid.add("two-out");
    const some = await world.coordinator.build([{ drvPath: drv("two"), outputs: ["out"] }]);
    expect(some.results[0]).toMatchObject({ status: BuildStatus.AlreadyValid, outputs: new Map([["out", "two-out"]]) });
    const more = await world.coordinator.build(all("two"));
    expect(more.results[0]!.status).toBe(BuildStatus.Built);
    expect([...more.results[0]!.outputs.keys()]).toEqual(["dev", "out"]);
  });

  it("finds floating outputs by their realisations", async () => {
    const world = createFakeWorld({ ca: { outputs: { out: "floating" } } });
    expect((await world.coordinator.build(all("ca"))).results[0]!.status).toBe(BuildStatus.Built);
    expect((await world.coordinator.build(all("ca"))).results[0]!.status).toBe(BuildStatus.AlreadyValid);
  });

  it("does not run a deferred derivation that resolves to what is valid", async () => {
    const world = createFakeWorld({ late: { outputs: { out: "deferred" } } });
    world.valid.add("late-out");
    const { results } = await world.coordinator.build(all("late"));
    expect(results[0]!.status).toBe(BuildStatus.ResolvesToAlreadyValid);
    expect(world.happened).toEqual(["prepare late"]);
    expect(world.realisations.get("late.drv!out")).toBe("late-out");
  });

  it("executes nothing where the translator made the outputs, and keeps what was said", async () => {
    const world = createFakeWorld({ builtin: {} });
    expect((await world.coordinator.build(all("builtin"))).results[0]!.status).toBe(BuildStatus.Built);
    expect(world.happened).toEqual(["prepare builtin", "register builtin"]);
    expect(world.notes.all.get("log/builtin.drv")).toMatch(/\/12$/);
  });

  it("makes impure derivations anew each time", async () => {
    const world = createFakeWorld({ now: { outputs: { out: "impure" } } });
    await world.coordinator.build(all("now"));
    await world.coordinator.build(all("now"));
    expect(executions(world.happened)).toHaveLength(2);
  });

  it("refuses dynamic derivations, unknown outputs and absent derivations with a reason", async () => {
    const world = createFakeWorld({ dyn: { inputs: { base: ["out"] }, dynamic: true }, base: {} });
    const { results } = await world.coordinator.build(
      [...all("dyn"), { drvPath: drv("base"), outputs: ["lib"] }, ...all("absent")],
      { keepGoing: true },
    );
    expect(results.map(({ status }) => status)).toEqual([
      BuildStatus.InputRejected,
      BuildStatus.MiscFailure,
      BuildStatus.MiscFailure,
    ]);
    expect(results[0]!.errorText).toContain("dynamic derivations are not supported");
    expect(results[1]!.errorText).toBe("derivation '/nix/store/base.drv' does not have wanted outputs 'lib'");
    expect(results[2]!.errorText).toBe("cannot build '/nix/store/absent.drv': absent.drv is nowhere");
  });

  it("shares a running derivation with a later build", async () => {
    const world = createFakeWorld(diamond);
    const [first, second] = await Promise.all([
      world.coordinator.build(all("left")),
      world.coordinator.build(all("right")),
    ]);
    expect(first.results[0]!.status).toBe(BuildStatus.Built);
    expect(second.results[0]!.status).toBe(BuildStatus.Built);
    expect(executions(world.happened).filter((what) => what === "execute base")).toHaveLength(1);
  });

  it("honours max-jobs", async () => {
    let together = 0;
    let most = 0;
    const script: Script = async function* () {
      most = Math.max(most, ++together);
      await new Promise(setImmediate);
      together--;
      yield done(0);
    };
    const names = Array.from({ length: 12 }, (_, index) => `leaf${index}`);
    const world = createFakeWorld(Object.fromEntries(names.map((name) => [name, {}])), { script });
    await world.coordinator.build(all(...names), { maxJobs: 3 });
    expect(most).toBe(3);
  });

  it("goes through a chain of 20000 derivations without recursion", async () => {
    const chain: Record<string, FakeDerivation> = { d0: {} };
    for (let index = 1; index < 20_000; index++) chain[`d${index}`] = { inputs: { [`d${index - 1}`]: ["out"] } };
    const script: Script = async function* (name) {
      yield done(name === "d0" ? 1 : 0);
    };
    const world = createFakeWorld(chain, { script });
    const report = await world.coordinator.build(all("d19999"), { keepGoing: true });
    expect(report.results[0]!.status).toBe(BuildStatus.DependencyFailed);
    expect(report.failures).toHaveLength(20_000);
  });
});

describe("a failure", () => {
  const failing: Script = async function* (name) {
    if (name === "base" || name === "bad") yield says("one\ntwo\nthree");
    yield done(name === "base" || name === "bad" ? 3 : 0);
  };

  it("is told with the end of the log, and fails what depends on it", async () => {
    const world = createFakeWorld(diamond, { script: failing });
    const { results, failures } = await world.coordinator.build(all("top"), { logLines: 2, keepGoing: true });
    expect(failures[0]).toEqual({
      path: "base.drv",
      status: BuildStatus.PermanentFailure,
      message:
        "builder for '/nix/store/base.drv' failed with exit code 3;\nlast 2 log lines:\n> two\n> three\n" +
        "For full logs, run 'causeway log /nix/store/base.drv'.",
    });
    expect(results[0]).toMatchObject({
      status: BuildStatus.DependencyFailed,
      errorText: "2 dependencies of derivation '/nix/store/top.drv' failed to build",
    });
  });

  it("cancels everything else without keep-going", async () => {
    const script: Script = async function* (name, _request, signal) {
      if (name === "slow") await hang(signal);
      yield done(name === "bad" ? 1 : 0);
    };
    const world = createFakeWorld({ slow: {}, bad: {}, top: { inputs: { bad: ["out"] } } }, { script });
    const { results, failures } = await world.coordinator.build(all("slow", "top"));
    expect(world.running.size).toBe(0);
    expect(results.map(({ status }) => status)).toEqual([BuildStatus.Cancelled, BuildStatus.DependencyFailed]);
    expect(results[1]!.errorText).toBe("1 dependencies of derivation '/nix/store/top.drv' failed to build");
    expect(failures.map(({ path }) => path)).toEqual(["bad.drv", "top.drv"]);
  });

  it("leaves independent derivations alone with keep-going", async () => {
    const world = createFakeWorld({ bad: {}, good: {} }, { script: failing });
    const { results } = await world.coordinator.build(all("bad", "good"), { keepGoing: true });
    expect(results.map(({ status }) => status)).toEqual([BuildStatus.PermanentFailure, BuildStatus.Built]);
  });

  it("of a fixed-output builder is transient, and not tried again", async () => {
    const world = createFakeWorld({ bad: { outputs: { out: "fixed" } } }, { script: failing });
    const { results } = await world.coordinator.build(all("bad"), { logLines: 0 });
    expect(results[0]).toMatchObject({
      status: BuildStatus.TransientFailure,
      errorText: "builder for '/nix/store/bad.drv' failed with exit code 3",
    });
    expect(executions(world.happened)).toHaveLength(1);
  });

  it("of the registrar keeps its text and status, with the log where it wants it", async () => {
    const register = (): void => {
      throw new BuildFailure(BuildStatus.OutputRejected, "no output", { showLog: true });
    };
    const script: Script = async function* () {
      yield says("hello\n");
      yield done(0);
    };
    const { results } = await createFakeWorld({ bad: {} }, { register, script }).coordinator.build(all("bad"));
    expect(results[0]!.status).toBe(BuildStatus.OutputRejected);
    expect(results[0]!.errorText).toMatch(/^no output;\nlast 1 log lines:\n> hello\n/);
  });

  it("of a builtin builder is told with what it said", async () => {
    const prepare = (): void => {
      throw new BuildFailure(BuildStatus.TransientFailure, "cannot download", { showLog: true });
    };
    const { results } = await createFakeWorld({ builtin: {} }, { prepare }).coordinator.build(all("builtin"));
    expect(results[0]!.errorText).toMatch(/^cannot download;\nlast 1 log lines:\n> downloading\n/);
  });

  it("of a source is told as such", async () => {
    const world = createFakeWorld({ bad: { sources: ["gone"] } }, { missingSources: ["gone"] });
    const { results, failures } = await world.coordinator.build(all("bad"));
    expect(failures[0]).toMatchObject({ path: "gone", status: BuildStatus.NoSubstituters });
    expect(results[0]!.status).toBe(BuildStatus.DependencyFailed);
  });
});

describe("check mode", () => {
  it("refuses what is not valid", async () => {
    const { results } = await createFakeWorld({ a: {} }).coordinator.build(all("a"), { mode: "check" });
    expect(results[0]!.errorText).toBe("some outputs of '/nix/store/a.drv' are not valid, so checking is not possible");
  });

  it("runs past the cache and compares, but only builds what inputs lack", async () => {
    const world = createFakeWorld({ a: { inputs: { b: ["out"] } }, b: {} });
    world.valid.add("a-out");
    await world.coordinator.build(all("a"), { mode: "check" });
    expect(world.happened).toEqual([
      ...["prepare b", "execute b", "register b"],
      ...["prepare a", "execute uncached a", "compare a"],
    ]);
  });
});
