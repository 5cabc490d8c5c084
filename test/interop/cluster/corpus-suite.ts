import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadCorpus, type Case } from "../nix/corpus.ts";
import { createCausewayBuilder } from "../nix/create-causeway-builder.ts";
import { createNixBuilder } from "../nix/create-nix-builder.ts";
import { createHome, prepareMachine } from "../nix/machine.ts";
import { buildCases, unsaid, type Outcome } from "../nix/outcome.ts";
import type { Exceptions } from "./parity-suite.ts";

/** Both programs build hundreds of derivations in the first hook. */
const BUILD_TIMEOUT_MS = 20 * 60_000;

await prepareMachine();
const home = await createHome("cluster");
const oracleRoot = join(home, "oracle");
const evaluationRoot = join(home, "evaluation");
const wanted = process.env["CASE"]?.split(",");
const corpus = (await loadCorpus([oracleRoot, evaluationRoot], home)).filter(
  ({ name, nixOnly }) => nixOnly === undefined && wanted?.includes(name) !== false,
);
let oracle: Promise<Map<string, Outcome>> | undefined;

/** What nix-build makes of the corpus, once for all clusters of a file. */
async function builtByNix(): Promise<Map<string, Outcome>> {
  oracle ??= createNixBuilder(oracleRoot, home).then((builder) => buildCases(builder, corpus));
  return oracle;
}

/**
 * Every derivation of the corpus on a cluster, compared with what nix-build makes of it.
 *
 * @param where `--remote` and what goes with it; known when the tests run.
 * @param exceptions what this kind of cluster cannot host: these must end otherwise than with Nix, or the entry is no longer true.
 */
export function corpusOn(name: string, where: () => readonly string[], exceptions: Exceptions = {}): void {
  let nix: Map<string, Outcome>;
  let causeway: Map<string, Outcome>;
  beforeAll(async () => {
    const builder = createCausewayBuilder(join(home, `state-${name}`), home, evaluationRoot, where());
    [nix, causeway] = await Promise.all([builtByNix(), buildCases(builder, corpus)]);
  }, BUILD_TIMEOUT_MS);
  afterAll(() => rm(join(home, `state-${name}`), { recursive: true, force: true }), BUILD_TIMEOUT_MS);

  it.each(corpus.filter((entry) => exceptions[entry.name] === undefined))("$name ends as with nix-build", (entry) => {
    const outcome = causeway.get(entry.name)!;
    expect(outcome, outcome.stderr).toMatchObject(expected(entry, nix));
    expect(unsaid(outcome, entry.says), outcome.stderr).toEqual([]);
  });

  it.each(corpus.filter((entry) => exceptions[entry.name] !== undefined))("$name cannot be hosted", (entry) => {
    const outcome = causeway.get(entry.name)!;
    if (unsaid(outcome, entry.says).length === 0) expect(outcome).not.toMatchObject(expected(entry, nix));
  });
}

/** The exit status, and the outputs as far as they are the same each time. */
function expected(entry: Case, nix: ReadonlyMap<string, Outcome>): object {
  const { infos } = nix.get(entry.name)!;
  const isComparable = entry.varies !== true && entry.differs === undefined;
  return { exit: entry.exit, infos: isComparable ? infos : infos.map(({ path }) => ({ path })) };
}
