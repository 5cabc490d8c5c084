import { describe, expect, it } from "vitest";
import { BuildStatus } from "#src/coordinator/build.js";
import type { ProgressEvent } from "#src/coordinator/progress.js";
import { createFakeWorld, drv } from "./fakes.js";

describe("outputs that somebody else has", () => {
  it("are fetched, and their inputs are not even looked at", async () => {
    const world = createFakeWorld({ a: { inputs: { b: ["out"] } }, b: {} }, { cached: ["a-out"] });
    const events: ProgressEvent[] = [];
    const { results } = await world.coordinator.build([{ drvPath: drv("a"), outputs: "all" }], {
      onEvent: (event) => void events.push(event),
    });
    expect(results[0]).toMatchObject({ status: BuildStatus.Substituted, outputs: new Map([["out", "a-out"]]) });
    expect(world.happened).toEqual(["fetch a-out"]);
    expect(events).toContainEqual({
      ...{ type: "substitution", drvPath: "a.drv" },
      event: { type: "copying", path: "a-out", from: "fake://", narSizeBytes: 1 },
    });
  });

  it("are inputs of what is built", async () => {
    const world = createFakeWorld(
      { a: { inputs: { b: ["out"] } }, b: { inputs: { c: ["out"] } } },
      { cached: ["b-out"] },
    );
    const { results } = await world.coordinator.build([{ drvPath: drv("a"), outputs: "all" }]);
    expect(results[0]?.status).toBe(BuildStatus.Built);
    expect(world.happened.slice(0, 2)).toEqual(["fetch a-out", "fetch b-out"]);
    expect(world.happened.filter((what) => what.startsWith("execute"))).toEqual(["execute a"]);
  });

  it("are built where the derivation or the caller forbids to fetch them", async () => {
    const world = createFakeWorld({ a: { isLocal: true }, b: {} }, { cached: ["a-out", "b-out"] });
    await world.coordinator.build([{ drvPath: drv("a"), outputs: "all" }]);
    await world.coordinator.build([{ drvPath: drv("b"), outputs: "all" }], { substitute: false });
    expect(world.happened.filter((what) => what.startsWith("execute"))).toEqual(["execute a", "execute b"]);
    expect(world.happened.filter((what) => what.startsWith("fetch"))).toEqual([]);
  });
});
