import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadCorpus } from "./corpus.ts";
import { createCausewayBuilder } from "./create-causeway-builder.ts";
import { createNixBuilder } from "./create-nix-builder.ts";
import { createHome, prepareMachine } from "./machine.ts";
import { buildCases, unsaid, type Outcome } from "./outcome.ts";

// Builds every derivation of the corpus with Nix and with Causeway, each with a store of its own, and compares what came of it.
// CASE=NAME,NAME… leaves only these.

/** Both programs build hundreds of derivations in the first hook. */
const BUILD_TIMEOUT_MS = 10 * 60_000;

await prepareMachine();
const home = await createHome("parity");
const oracleRoot = join(home, "oracle");
const evaluationRoot = join(home, "evaluation");
const wanted = process.env["CASE"]?.split(",");
const cases = (await loadCorpus([oracleRoot, evaluationRoot], home)).filter(
  (entry) => wanted?.includes(entry.name) !== false,
);

let nix: Map<string, Outcome>;
let causeway: Map<string, Outcome>;

beforeAll(async () => {
  const oracle = await createNixBuilder(oracleRoot, home);
  [nix, causeway] = await Promise.all([
    buildCases(oracle, cases),
    buildCases(
      createCausewayBuilder(join(home, "state"), home, evaluationRoot),
      cases.filter((entry) => entry.nixOnly === undefined),
    ),
  ]);
}, BUILD_TIMEOUT_MS);

afterAll(() => rm(home, { recursive: true, force: true }), BUILD_TIMEOUT_MS);

describe("nix-build itself", () => {
  it.each(cases)("$name ends as the corpus says", ({ name, exit, says }) => {
    const outcome = nix.get(name)!;
    expect({ exit: outcome.exit, unsaid: unsaid(outcome, says) }, outcome.stderr).toEqual({ exit, unsaid: [] });
  });
});

describe("causeway build", () => {
  const shared = cases.filter((entry) => entry.nixOnly === undefined);
  it.each(shared)("$name ends as with nix-build", ({ name, exit, says }) => {
    const outcome = causeway.get(name)!;
    expect({ exit: outcome.exit, unsaid: unsaid(outcome, says) }, outcome.stderr).toEqual({ exit, unsaid: [] });
  });

  const comparable = shared.filter((entry) => entry.varies !== true && entry.differs === undefined);
  it.each(comparable)("$name has the outputs that nix-build gives", ({ name }) => {
    expect(causeway.get(name)!.infos).toEqual(nix.get(name)!.infos);
  });

  const others = shared.filter((entry) => entry.varies === true || entry.differs !== undefined);
  it.runIf(others.length > 0).each(others)("$name has outputs at the same paths", ({ name }) => {
    const paths = (outcome: Outcome): string[] => outcome.infos.map((info) => info.path);
    expect(paths(causeway.get(name)!)).toEqual(paths(nix.get(name)!));
  });
});
