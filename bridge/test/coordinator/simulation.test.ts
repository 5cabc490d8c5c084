import { describe, expect, it } from "vitest";
import { simulate } from "./simulated-world.js";

const SEEDS = 2000;

/** `SEED=123 npx vitest run bridge/test/coordinator/simulation.test.ts` replays one. */
const [first, last] =
  process.env["SEED"] === undefined ? [1, SEEDS] : [Number(process.env["SEED"]), Number(process.env["SEED"])];

describe("the coordinator under random graphs, failures, requests and cancellations", () => {
  it("keeps its promises after every step", () => {
    for (let seed = first; seed <= last; seed++) {
      try {
        simulate(seed);
      } catch (cause) {
        throw new Error(`SEED=${seed}: ${String(cause)}`, { cause });
      }
    }
    expect(last).toBeGreaterThanOrEqual(first);
  });
});
