import { describe, expect, it } from "vitest";
import { BuildStatus } from "#src/coordinator/build.js";
import type { AttemptCause, CoordinatorEvent, Effect, Inspection } from "#src/coordinator/event.js";
import { createState, type Limits } from "#src/coordinator/state.js";
import { step } from "#src/coordinator/step.js";
import type { StorePath } from "#src/formats/store-path/store-path.js";

const limits: Limits = { jobsMax: 2, attemptsMax: 3, backoffBaseMs: 1000, backoffMaxMs: 1500 };
const p = (name: string): StorePath => name as StorePath;
const valid = (...names: readonly string[]) => new Map(names.map((name) => [name, p(`x-${name}`)]));

function inspection(more: Partial<Inspection> = {}): Inspection {
  const none = { validOutputs: new Map(), substitutable: new Map(), inputDrvs: [], inputSrcs: [] };
  return { outputNames: ["out"], ...none, ...more };
}
function request(build: number, drvPath: string, more: Partial<CoordinatorEvent> = {}): CoordinatorEvent {
  return {
    ...{ type: "build-requested", build, requests: [{ drvPath: p(drvPath), outputs: "all" }] },
    ...{ keepGoing: false, mode: "normal", substitutes: true, jobsMax: 9 },
    ...more,
  } as CoordinatorEvent;
}
const needs = (drvPath: string) => ({ drvPath: p(drvPath), outputs: ["out"] });
function failed(goal: number, cause: AttemptCause, jitter = 0): CoordinatorEvent {
  return { type: "attempt-failed", goal, cause, jitter };
}
const transient = { type: "transient", message: "down" } as const;
const final = { type: "final", failure: { status: BuildStatus.PermanentFailure, message: "broken" } } as const;

/** Effects in short: what, of which goal (by number in the order of appearance: goals count from 1), with what matters. */
function brief(effect: Effect): string {
  switch (effect.type) {
    case "schedule-timer":
      return `timer ${effect.goal} ${effect.afterMs}`;
    case "report":
      return `${effect.news.type} ${effect.drvPath} to ${effect.builds.join(",")}`;
    case "build-ended":
      return `ended ${effect.build}: ${effect.results.map(({ status }) => status).join(",")}`;
    case "execute":
      return `execute ${effect.goal}${effect.skipCache ? " uncached" : ""}`;
    case "inspect":
    case "substitute":
    case "ensure-source":
    case "prepare":
    case "register":
    case "cancel":
    case "forget":
      return `${effect.type} ${effect.goal}`;
  }
}

/** Each row: an event, and the effects that must follow. */
type Row = readonly [CoordinatorEvent, ...string[]];

const tables: Readonly<Record<string, readonly Row[]>> = {
  "a derivation goes through its phases": [
    [request(1, "a"), "inspect 1"],
    [
      { type: "inspected", goal: 1, inspection: inspection() },
      ...["discovered a to 1", "queued a to 1", "started a to 1", "prepare 1"],
    ],
    [{ type: "prepared", goal: 1 }, "execute 1"],
    [{ type: "executed", goal: 1 }, "register 1"],
    [{ type: "registered", goal: 1, outputs: valid("out") }, "finished a to 1", "forget 1", "ended 1: 0"],
  ],
  "what is valid is not built": [
    [request(1, "a"), "inspect 1"],
    [{ type: "inspected", goal: 1, inspection: inspection({ validOutputs: valid("out") }) }, "ended 1: 2"],
  ],
  "what somebody else has is not built": [
    [request(1, "a"), "inspect 1"],
    [
      { type: "inspected", goal: 1, inspection: inspection({ substitutable: valid("out"), inputDrvs: [needs("b")] }) },
      "substitute 1",
    ],
    [{ type: "substituted", goal: 1, outputs: valid("out") }, "ended 1: 1"],
  ],
  "what nobody has is built after all": [
    [request(1, "a"), "inspect 1"],
    [{ type: "inspected", goal: 1, inspection: inspection({ substitutable: valid("out") }) }, "substitute 1"],
    [
      { type: "substituted", goal: 1, outputs: valid() },
      ...["discovered a to 1", "queued a to 1", "started a to 1", "prepare 1"],
    ],
  ],
  "what cannot be fetched as a whole is not looked for": [
    [request(1, "a"), "inspect 1"],
    [
      {
        type: "inspected",
        goal: 1,
        inspection: inspection({ outputNames: ["out", "dev"], substitutable: valid("out") }),
      },
      ...["discovered a to 1", "queued a to 1", "started a to 1", "prepare 1"],
    ],
  ],
  "what is asked for while something is fetched is looked for too": [
    [request(1, "a", { requests: [{ drvPath: p("a"), outputs: new Set(["out"]) }] }), "inspect 1"],
    [
      {
        ...{ type: "inspected", goal: 1 },
        inspection: inspection({ outputNames: ["out", "dev"], substitutable: valid("out", "dev") }),
      },
      "substitute 1",
    ],
    [request(2, "a")],
    [{ type: "substituted", goal: 1, outputs: valid("out") }, "inspect 1"],
  ],
  "nothing is fetched for those who do not want it": [
    [request(1, "a", { substitutes: false }), "inspect 1"],
    [
      { type: "inspected", goal: 1, inspection: inspection({ substitutable: valid("out") }) },
      ...["discovered a to 1", "queued a to 1", "started a to 1", "prepare 1"],
    ],
  ],
  "what is checked is built, though somebody else has it": [
    [request(1, "a", { mode: "check" }), "inspect 1"],
    [
      { type: "inspected", goal: 1, inspection: inspection({ validOutputs: valid("out"), substitutable: new Map() }) },
      ...["discovered a to 1", "queued a to 1", "started a to 1", "prepare 1"],
    ],
  ],
  "what is fetched for nobody is stopped": [
    [request(1, "a"), "inspect 1"],
    [{ type: "inspected", goal: 1, inspection: inspection({ substitutable: valid("out") }) }, "substitute 1"],
    [{ type: "build-cancelled", build: 1 }, "forget 1", "ended 1: 16"],
    [{ type: "substituted", goal: 1, outputs: valid("out") }],
  ],
  "a request for nothing ends at once": [[request(1, "a", { requests: [] }), "ended 1: "]],
  "an answer for nobody is ignored": [[{ type: "prepared", goal: 99 }]],
  "the limit on jobs holds over all builds, which take turns": [
    [
      request(1, "a", { requests: ["a", "b", "c"].map((name) => ({ drvPath: p(name), outputs: "all" as const })) }),
      ...["inspect 1", "inspect 2", "inspect 3"],
    ],
    [request(2, "d"), "inspect 4"],
    [
      { type: "inspected", goal: 1, inspection: inspection() },
      ...["discovered a to 1", "queued a to 1", "started a to 1", "prepare 1"],
    ],
    [
      { type: "inspected", goal: 2, inspection: inspection() },
      ...["discovered b to 1", "queued b to 1", "started b to 1", "prepare 2"],
    ],
    [{ type: "inspected", goal: 3, inspection: inspection() }, "discovered c to 1", "queued c to 1"],
    [{ type: "inspected", goal: 4, inspection: inspection() }, "discovered d to 2", "queued d to 2"],
    [
      { type: "resolved", goal: 1, outputs: valid("out") },
      ...["finished a to 1", "forget 1", "started d to 2", "prepare 4"],
    ],
  ],
  "inputs come first, and sources too": [
    [request(1, "a"), "inspect 1"],
    [
      {
        ...{ type: "inspected", goal: 1 },
        inspection: inspection({ inputDrvs: [{ drvPath: p("b"), outputs: ["out"] }], inputSrcs: [p("s")] }),
      },
      ...["discovered a to 1", "inspect 2", "ensure-source 3"],
    ],
    [{ type: "inspected", goal: 2, inspection: inspection({ validOutputs: valid("out") }) }],
    [{ type: "source-valid", goal: 3 }, "queued a to 1", "started a to 1", "prepare 1"],
  ],
  "what the longest chain waits for is built first": [
    [request(1, "a", { jobsMax: 1 }), "inspect 1"],
    [
      { type: "inspected", goal: 1, inspection: inspection({ inputDrvs: ["b", "c", "d"].map(needs) }) },
      ...["discovered a to 1", "inspect 2", "inspect 3", "inspect 4"],
    ],
    [
      { type: "inspected", goal: 2, inspection: inspection() },
      ...["discovered b to 1", "queued b to 1", "started b to 1", "prepare 2"],
    ],
    [{ type: "inspected", goal: 3, inspection: inspection() }, "discovered c to 1", "queued c to 1"],
    [
      { type: "inspected", goal: 4, inspection: inspection({ inputDrvs: [needs("e")] }) },
      ...["discovered d to 1", "inspect 5"],
    ],
    [{ type: "inspected", goal: 5, inspection: inspection() }, "discovered e to 1", "queued e to 1"],
    // c has waited longer, but a waits for d after e.
    [
      { type: "registered", goal: 2, outputs: valid("out") },
      ...["finished b to 1", "forget 2", "started e to 1", "prepare 5"],
    ],
  ],
  "what is queued already comes first as soon as more waits for it": [
    [
      request(1, "a", {
        requests: ["a", "b", "c"].map((name) => ({ drvPath: p(name), outputs: "all" })),
        jobsMax: 1,
      }),
      "inspect 1",
      "inspect 2",
      "inspect 3",
    ],
    [
      { type: "inspected", goal: 1, inspection: inspection() },
      ...["discovered a to 1", "queued a to 1", "started a to 1", "prepare 1"],
    ],
    [{ type: "inspected", goal: 2, inspection: inspection() }, "discovered b to 1", "queued b to 1"],
    [{ type: "inspected", goal: 3, inspection: inspection() }, "discovered c to 1", "queued c to 1"],
    [request(2, "d", { jobsMax: 0 }), "inspect 4"],
    [
      { type: "inspected", goal: 4, inspection: inspection({ inputDrvs: [needs("c")] }) },
      ...["discovered d to 2", "discovered c to 2"],
    ],
    [
      { type: "registered", goal: 1, outputs: valid("out") },
      ...["finished a to 1", "forget 1", "started c to 1,2", "prepare 3"],
    ],
  ],
  "operating errors wait longer each time, to a bound, and then are final": [
    [request(1, "a"), "inspect 1"],
    [failed(1, transient), "retrying a to 1", "timer 1 500"],
    [{ type: "timer", goal: 1, timer: 2 }, "inspect 1"],
    [failed(1, transient, 0.999), "retrying a to 1", "timer 1 1499"],
    [{ type: "timer", goal: 1, timer: 1 }], // Not the one it waits for.
    [{ type: "timer", goal: 1, timer: 3 }, "inspect 1"],
    [failed(1, transient), "finished a to 1", "ended 1: 9"],
  ],
  "the server's own wait is honoured": [
    [request(1, "a"), "inspect 1"],
    [failed(1, { ...transient, retryAfterMs: 7000 }), "retrying a to 1", "timer 1 7000"],
  ],
  "the first failure ends a build, and what runs is cancelled before the end is told": [
    [
      request(1, "a", { requests: ["a", "b"].map((name) => ({ drvPath: p(name), outputs: "all" as const })) }),
      "inspect 1",
      "inspect 2",
    ],
    [
      { type: "inspected", goal: 1, inspection: inspection() },
      "discovered a to 1",
      "queued a to 1",
      "started a to 1",
      "prepare 1",
    ],
    [failed(2, final), "finished b to 1", "cancel 1"],
    [failed(1, { type: "cancelled" }), "forget 1", "ended 1: 16,3"],
  ],
  "who comes for what is being cancelled waits for its end, then it starts anew": [
    [request(1, "a"), "inspect 1"],
    [
      { type: "inspected", goal: 1, inspection: inspection() },
      "discovered a to 1",
      "queued a to 1",
      "started a to 1",
      "prepare 1",
    ],
    [{ type: "build-cancelled", build: 1 }, "cancel 1"],
    [request(2, "a"), "discovered a to 2"],
    [{ type: "prepared", goal: 1 }, "forget 1", "inspect 1", "ended 1: 16"],
    [{ type: "inspected", goal: 1, inspection: inspection() }, "queued a to 2", "started a to 2", "prepare 1"],
  ],
  "a build that leaves what another waits for cancels nothing": [
    [request(1, "a"), "inspect 1"],
    [
      { type: "inspected", goal: 1, inspection: inspection() },
      "discovered a to 1",
      "queued a to 1",
      "started a to 1",
      "prepare 1",
    ],
    [request(2, "a"), "discovered a to 2", "started a to 2"],
    [{ type: "build-cancelled", build: 1 }, "ended 1: 16"],
    [{ type: "prepared", goal: 1 }, "execute 1"],
  ],
  "derivations that need each other fail instead of waiting for ever": [
    [request(1, "a"), "inspect 1"],
    [
      { type: "inspected", goal: 1, inspection: inspection({ inputDrvs: [{ drvPath: p("b"), outputs: ["out"] }] }) },
      ...["discovered a to 1", "inspect 2"],
    ],
    [
      { type: "inspected", goal: 2, inspection: inspection({ inputDrvs: [{ drvPath: p("a"), outputs: ["out"] }] }) },
      ...["discovered b to 1", "finished a to 1", "ended 1: 4"],
    ],
  ],
};

describe("step", () => {
  for (const [title, rows] of Object.entries(tables))
    it(title, () => {
      const state = createState("/nix/store");
      for (const [index, [event, ...expected]] of rows.entries()) {
        const [, effects] = step(state, event, 1000 + index, limits);
        expect(effects.map(brief), `row ${index}`).toEqual(expected);
      }
    });

  it("throws when told what cannot have happened", () => {
    const state = createState("/nix/store");
    step(state, request(1, "a"), 0, limits);
    expect(() => step(state, { type: "executed", goal: 1 }, 0, limits)).toThrow("is being inspected");
  });
});
