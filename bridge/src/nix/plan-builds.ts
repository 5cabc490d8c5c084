import { allowsSubstitutes, findValidOutputs } from "../coordinator/index.js";
import type { Derivation, StorePath } from "../formats/index.js";
import type { PathInfoStore } from "../store/index.js";
import type { SubstitutionListener, SubstitutionPlan, Substituter } from "./substitute/index.js";

/** What is wanted: a path that nobody here builds, or outputs of a derivation. */
export type WantedPath =
  | { readonly type: "opaque"; readonly path: StorePath }
  | { readonly type: "built"; readonly drvPath: StorePath; readonly outputs: "all" | readonly string[] };

/** What would be done to have all of it. */
export interface BuildsPlan {
  readonly willBuild: ReadonlyMap<StorePath, Derivation>;
  /** With what has to be sent for each, and the size of its archive. */
  readonly willSubstitute: ReadonlyMap<StorePath, { readonly downloadBytes: number; readonly narSizeBytes: number }>;
  /** What nobody knows how to make. */
  readonly unknown: ReadonlySet<StorePath>;
}

/** What {@link planBuilds} works with. */
export interface PlanParts {
  readonly pathInfos: PathInfoStore;
  /** `undefined` for a derivation that is not there. */
  load(drvPath: StorePath): Promise<Derivation | undefined>;
  readonly substituter?: Substituter | undefined;
  /** Also of what says that it is not worth it. */
  readonly alwaysSubstitute: boolean;
  /** Is told what goes wrong with caches. */
  readonly onEvent: SubstitutionListener;
}

type Wanted = Extract<WantedPath, { readonly type: "built" }>;

interface Plan {
  readonly willBuild: Map<StorePath, Derivation>;
  readonly willSubstitute: Map<StorePath, { readonly downloadBytes: number; readonly narSizeBytes: number }>;
  readonly unknown: Set<StorePath>;
}

/** What would be built or fetched, and what nobody knows how to make. Source: Nix, `queryMissing` in src/libstore/misc.cc. */
export async function planBuilds(
  parts: PlanParts,
  requests: readonly WantedPath[],
  signal: AbortSignal,
): Promise<BuildsPlan> {
  const plan: Plan = { willBuild: new Map(), willSubstitute: new Map(), unknown: new Set() };
  const opaque = requests.flatMap((request) => (request.type === "opaque" ? [request.path] : []));
  await Promise.all(
    opaque.map(async (path) => {
      if ((await parts.pathInfos.get(path)) !== undefined) return;
      if (!(await willSubstitute(parts, [path], plan, signal))) plan.unknown.add(path);
    }),
  );
  const seen = new Set<string>();
  let level: Wanted[] = requests.flatMap((request) => (request.type === "built" ? [request] : []));
  // A level at a time: caches are asked for all of it at once.
  while (level.length > 0) {
    const inputs = await Promise.all(
      level.map(async (wanted) => {
        const { drvPath, outputs } = wanted;
        const key = `${drvPath}!${outputs === "all" ? "*" : outputs.join(",")}`;
        if (seen.has(key)) return [];
        seen.add(key);
        return await inputsToMake(parts, wanted, plan, signal);
      }),
    );
    signal.throwIfAborted();
    level = inputs.flat();
  }
  return plan;
}

/** @returns what must be made before the derivation is built; nothing if it need not be. */
async function inputsToMake(
  parts: PlanParts,
  { drvPath, outputs }: Wanted,
  plan: Plan,
  signal: AbortSignal,
): Promise<Wanted[]> {
  const drv = await parts.load(drvPath);
  if (drv === undefined) {
    plan.unknown.add(drvPath);
    return [];
  }
  const valid = await findValidOutputs(parts.pathInfos, drvPath, drv.outputs);
  const wanted = outputs === "all" ? [...drv.outputs.keys()] : outputs;
  const absent = wanted.filter((name) => !valid.has(name));
  if (absent.length === 0 || plan.willBuild.has(drvPath)) return [];
  if (await outputsAreElsewhere(parts, drvPath, drv, absent, plan, signal)) return [];
  if (plan.willBuild.has(drvPath)) return [];
  plan.willBuild.set(drvPath, drv);
  return [...drv.inputDrvs].map(([input, { outputs: names }]) => ({ type: "built", drvPath: input, outputs: names }));
}

async function outputsAreElsewhere(
  parts: PlanParts,
  drvPath: StorePath,
  drv: Derivation,
  names: readonly string[],
  plan: Plan,
  signal: AbortSignal,
): Promise<boolean> {
  const paths: StorePath[] = [];
  for (const name of names) {
    const output = drv.outputs.get(name);
    if (output === undefined || !("path" in output)) return false;
    paths.push(output.path);
  }
  if (parts.substituter === undefined) return false;
  if (!parts.alwaysSubstitute && !allowsSubstitutes(drvPath, drv)) return false;
  return await willSubstitute(parts, paths, plan, signal);
}

/** Notes what would be fetched for these paths, if all of them can be had. */
async function willSubstitute(
  { substituter, onEvent }: PlanParts,
  paths: readonly StorePath[],
  plan: Plan,
  signal: AbortSignal,
): Promise<boolean> {
  if (substituter === undefined) return false;
  const plans = await Promise.all(paths.map((path) => planOf(onEvent, substituter.plan(path, { signal, onEvent }))));
  if (plans.includes(undefined)) return false;
  for (const found of plans)
    for (const [path, { offer }] of found!)
      plan.willSubstitute.set(path, { downloadBytes: offer.downloadBytes, narSizeBytes: offer.info.narSizeBytes });
  return true;
}

/** This only says what would be done: a plan that cannot be made is none. */
async function planOf(
  onEvent: SubstitutionListener,
  plan: Promise<SubstitutionPlan | undefined>,
): Promise<SubstitutionPlan | undefined> {
  try {
    return await plan;
  } catch (reason) {
    onEvent({ type: "warning", message: reason instanceof Error ? reason.message : String(reason) });
    return undefined;
  }
}
