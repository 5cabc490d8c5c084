import { describe, expect, it } from "vitest";
import {
  createPlaces,
  type HereRules,
  type Place,
  type PreparedBuild,
  type ReadyDerivation,
} from "#src/coordinator/index.js";
import type { Execution } from "#src/execution/index.js";
import { parseStorePath, type ByteString, type Derivation } from "#src/formats/index.js";
import { Code, StatusError } from "#src/status/index.js";

const bytes = (text: string): ByteString => text as ByteString;
const drvPath = parseStorePath("00000000000000000000000000000000-x.drv");

/** A derivation with these variables; `fixed` for one with a fixed output. */
function ready(env: Readonly<Record<string, string>> = {}, system = "x86_64-linux", fixed = false): ReadyDerivation {
  const path = parseStorePath("11111111111111111111111111111111-x");
  const ca = { method: "flat", hash: { algorithm: "sha256", hex: "00".repeat(32) } } as const;
  const derivation: Derivation = {
    outputs: new Map([["out", fixed ? { type: "fixed", path, ca } : { type: "input-addressed", path }]]),
    inputDrvs: new Map(),
    inputSrcs: [],
    platform: bytes(system),
    builder: bytes("/bin/sh"),
    args: [],
    env: new Map(Object.entries(env).map(([name, value]) => [bytes(name), bytes(value)])),
  };
  return { drvPath, derivation, inputs: new Map() };
}

/** A place whose actions wait until they are let go. */
function place(name: string, options: Partial<Place> = {}): { readonly place: Place; goOn: () => void } {
  let goOn = (): void => undefined;
  const gate = new Promise<void>((resolve) => (goOn = resolve));
  const execution: Execution = {
    async *execute() {
      yield { type: "stage", stage: "executing" };
      await gate;
      yield { type: "done", response: { cachedResult: false } };
    },
  };
  const prepared = { drvPath, kind: "action", actionDigest: { fn: "sha256", hash: name, sizeBytes: 0 } };
  const made: Place = {
    ...{ name, isHere: false, systems: ["x86_64-linux"], features: new Set(["big-parallel"]), jobsMax: 2 },
    open: async () => ({ translator: { prepare: async () => prepared as unknown as PreparedBuild }, execution }),
    ...options,
  };
  return { place: made, goOn };
}

const rules = (change: Partial<HereRules> = {}): HereRules => ({
  ...{ preferLocal: true, fixedOutputs: true, others: false },
  ...change,
});

let nowMs = 0;
const clock = { nowMs: () => nowMs };

const nameOf = (prepared: unknown): string => (prepared as PreparedBuild).actionDigest.hash;

describe("of several places, a derivation is built", () => {
  const here = place("here", { isHere: true });
  const cluster = place("cluster");
  const arm = place("arm", { systems: ["aarch64-linux"], features: new Set(["kvm"]) });
  const places = [here.place, cluster.place, arm.place];

  it.each([
    ["on a cluster, and not here", ready(), rules(), "cluster"],
    ["where its system is", ready({}, "aarch64-linux"), rules(), "arm"],
    ["where its features are", ready({ requiredSystemFeatures: "kvm" }, "aarch64-linux"), rules(), "arm"],
    ["here, if it says so", ready({ preferLocalBuild: "1" }), rules(), "here"],
    ["on a cluster all the same", ready({ preferLocalBuild: "1" }), rules({ preferLocal: false }), "cluster"],
    ["here, if its output is fixed", ready({}, "x86_64-linux", true), rules(), "here"],
    ["on a cluster though fixed", ready({}, "x86_64-linux", true), rules({ fixedOutputs: false }), "cluster"],
    ["at the first place, which refuses it, if none can", ready({}, "riscv64-linux"), rules(), "here"],
  ])("%s", async (_, derivation, given, expected) => {
    expect(nameOf(await createPlaces(places, clock, given).prepare(derivation, {}))).toBe(expected);
  });

  it("here, if no cluster can", async () => {
    const able = place("able", { isHere: true, features: new Set(["kvm"]) });
    const translator = createPlaces([able.place, cluster.place], clock, rules());
    expect(nameOf(await translator.prepare(ready({ requiredSystemFeatures: "kvm" }), {}))).toBe("able");
  });

  it("where most is free, in proportion", async () => {
    const [small, large] = [place("small", { jobsMax: 1 }), place("large", { jobsMax: 3 })];
    const translator = createPlaces([small.place, large.place], clock);
    const running: AsyncIterator<unknown>[] = [];
    const names: string[] = [];
    for (let i = 0; i < 8; i++) {
      const prepared = (await translator.prepare(ready(), {})) as PreparedBuild;
      names.push(nameOf(prepared));
      const events = prepared.execution!.execute({ actionDigest: prepared.actionDigest, skipCacheLookup: false });
      running.push(events[Symbol.asyncIterator]());
      await running.at(-1)!.next();
    }
    expect(names.filter((name) => name === "small")).toHaveLength(2);
    small.goOn();
    for (const [i, events] of running.entries()) if (names[i] === "small") while ((await events.next()).done !== true);
    expect(nameOf(await translator.prepare(ready(), {}))).toBe("small");
  });
});

describe("a place", () => {
  it("is opened when it is needed, once, and again after it has failed", async () => {
    const cluster = place("cluster");
    let fails = true;
    let times = 0;
    const open: Place["open"] = async () => {
      times++;
      if (fails) throw new StatusError(Code.Unavailable, "the cluster is away");
      return cluster.place.open(() => false);
    };
    const translator = createPlaces([{ ...cluster.place, open }], clock);
    expect(times).toBe(0);
    await expect(translator.prepare(ready(), {})).rejects.toThrow("the cluster is away");
    fails = false;
    await Promise.all([translator.prepare(ready(), {}), translator.prepare(ready(), {})]);
    expect(times).toBe(2);
  });

  it("that cannot be opened leaves what it should build to another, and is not asked again for a while", async () => {
    let opened = 0;
    let hadOthers: boolean | undefined;
    const open: Place["open"] = async (hasOthers) => {
      opened++;
      hadOthers = hasOthers();
      throw new StatusError(Code.Unavailable, "the cluster is away");
    };
    const [away, other] = [place("away", { open }), place("other")];
    const translator = createPlaces([away.place, other.place], clock);
    for (let i = 0; i < 3; i++) expect(nameOf(await translator.prepare(ready(), {}))).toBe("other");
    expect([opened, hadOthers]).toEqual([1, true]);
    nowMs += 31_000;
    expect(nameOf(await translator.prepare(ready(), {}))).toBe("other");
    expect(opened).toBe(2);
  });

  it("is waited for when there is no other, or all others are away too", async () => {
    const asked: [string, boolean][] = [];
    const fails = (name: string): Place =>
      place(name, {
        open: async (hasOthers) => {
          asked.push([name, hasOthers()]);
          throw new StatusError(Code.Unavailable, `${name} is away`);
        },
      }).place;
    const arm = place("arm", { systems: ["aarch64-linux"] }).place;
    const here = place("here", { isHere: true }).place;
    const translator = createPlaces([here, fails("one"), fails("two"), arm], clock, rules());
    await expect(translator.prepare(ready(), {})).rejects.toThrow("two is away");
    expect(asked).toEqual([
      ["one", true],
      ["two", false],
    ]);
  });

  it("whose executions find it away is left, until it answers again", async () => {
    let isAway = true;
    const flaky = place("flaky");
    const translator = createPlaces(
      [
        {
          ...flaky.place,
          async open(hasOthers) {
            const { translator: inner } = await flaky.place.open(hasOthers);
            const execution: Execution = {
              async *execute() {
                if (isAway) throw new StatusError(Code.Unavailable, "gone");
              },
            };
            return { translator: inner, execution };
          },
        },
        place("other").place,
      ],
      clock,
    );
    const prepared = (await translator.prepare(ready(), {})) as PreparedBuild;
    expect(nameOf(prepared)).toBe("flaky");
    const run = async (): Promise<void> => {
      for await (const event of prepared.execution!.execute({ actionDigest: prepared.actionDigest }))
        expect(event).toBeDefined();
    };
    await expect(run()).rejects.toThrow("gone");
    expect(nameOf(await translator.prepare(ready(), {}))).toBe("other");
    isAway = false;
    await run();
    expect(nameOf(await translator.prepare(ready(), {}))).toBe("flaky");
  });
});
