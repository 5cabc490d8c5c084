import type { Builder } from "./builder.ts";
import { hasKnownOutputs, type Case } from "./corpus.ts";
import type { ComparedInfo } from "./path-info.ts";

/** How building a case went. */
export interface Outcome {
  /** The exit status of building it alone; 0 for one built with others whose outputs are all valid afterwards. */
  readonly exit: number | string;
  readonly stderr: string;
  /** Of the valid outputs, in the order of their names. */
  readonly infos: readonly ComparedInfo[];
}

/** Builds all cases: those that succeed in one run, the others one by one, because only then does the exit status tell which. */
export async function buildCases(builder: Builder, cases: readonly Case[]): Promise<Map<string, Outcome>> {
  const together = cases.filter((entry) => isPlain(entry));
  const outcomes = await buildTogether(builder, together);
  for (const entry of cases) if (!isPlain(entry)) outcomes.set(entry.name, await buildAlone(builder, entry));
  return outcomes;
}

function isPlain(entry: Case): boolean {
  return entry.exit === 0 && entry.options === undefined && entry.check !== true && hasKnownOutputs(entry);
}

async function buildTogether(builder: Builder, cases: readonly Case[]): Promise<Map<string, Outcome>> {
  if (cases.length === 0) return new Map();
  const { stderr } = await builder.build({ derivations: cases.map((entry) => entry.drvPath), keepGoing: true });
  const infos = await builder.pathInfos([...new Set(cases.flatMap((entry) => Object.values(entry.outputs)))]);
  const outcomes = new Map<string, Outcome>();
  for (const entry of cases) {
    const paths = sortedPaths(entry);
    const valid = paths.flatMap((path) => infos.get(path) ?? []);
    // What should have succeeded is built again alone, to see its own exit status and messages. Some errors end a whole run of Nix.
    const whole = valid.length === paths.length;
    outcomes.set(entry.name, whole ? { exit: 0, stderr, infos: valid } : await buildAlone(builder, entry));
  }
  return outcomes;
}

async function buildAlone(builder: Builder, entry: Case): Promise<Outcome> {
  const request = { derivations: [entry.drvPath], ...(entry.options === undefined ? {} : { options: entry.options }) };
  let ended = await builder.build(request);
  if (entry.check === true && ended.exit === 0) ended = await builder.build({ ...request, check: true });
  const paths = hasKnownOutputs(entry) ? sortedPaths(entry) : ended.stdout.split("\n").filter((line) => line !== "");
  const infos = await builder.pathInfos(paths);
  return { exit: ended.exit, stderr: ended.stderr, infos: paths.flatMap((path) => infos.get(path) ?? []) };
}

function sortedPaths(entry: Case): string[] {
  return Object.entries(entry.outputs)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, path]) => path);
}

/** Those of `says` that it does not say. */
export function unsaid(outcome: Outcome, says: readonly string[]): string[] {
  // Nix colours parts of its messages also where no terminal reads them.
  const stderr = outcome.stderr.replace(/\x1b\[[0-9;]*m/g, "");
  return says.filter((text) => !stderr.includes(text));
}
