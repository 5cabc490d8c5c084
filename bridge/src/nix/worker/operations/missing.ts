import { allowsSubstitutes, findValidOutputs } from "../../../coordinator/index.js";
import type { Derivation, StorePath } from "../../../formats/index.js";
import type { SubstitutionListener, SubstitutionPlan } from "../../substitute/index.js";
import type { Call } from "../call.js";
import { parseDerivedPath } from "../wire/derived-path.js";
import { writePaths } from "../wire/values.js";
import { substituterOf, warningsTo } from "./substituting.js";

interface Wanted {
  readonly drvPath: StorePath;
  readonly outputs: "all" | readonly string[];
}

/** What is known so far. */
interface Missing {
  readonly willBuild: Set<StorePath>;
  /** With what has to be sent for each, and the size of its archive. */
  readonly willSubstitute: Map<StorePath, { readonly downloadBytes: number; readonly narSizeBytes: number }>;
  readonly unknown: Set<StorePath>;
  /** Is told what goes wrong with caches. */
  readonly onEvent: SubstitutionListener;
}

/** What would be built or fetched, and what nobody knows how to make. Source: Nix, `queryMissing` in src/libstore/misc.cc. */
export async function queryMissing(call: Call): Promise<undefined> {
  const { reader, daemon, session, reply } = call;
  const { storeDir } = daemon;
  const texts = await reader.list("paths", () => reader.text("path"));
  const requests = texts.map((text) => parseDerivedPath(storeDir, text, session.minor));
  const missing: Missing = {
    willBuild: new Set(),
    willSubstitute: new Map(),
    unknown: new Set(),
    onEvent: warningsTo(call),
  };
  await call.cancellable((signal) => findMissing(call, requests, missing, signal));
  writePaths(reply, storeDir, missing.willBuild);
  writePaths(reply, storeDir, missing.willSubstitute.keys());
  writePaths(reply, storeDir, missing.unknown);
  const sizes = [...missing.willSubstitute.values()];
  reply.number(sizes.reduce((sum, { downloadBytes }) => sum + downloadBytes, 0));
  reply.number(sizes.reduce((sum, { narSizeBytes }) => sum + narSizeBytes, 0));
  return undefined;
}

async function findMissing(
  call: Call,
  requests: readonly ReturnType<typeof parseDerivedPath>[],
  missing: Missing,
  signal: AbortSignal,
): Promise<void> {
  const opaque = requests.flatMap((request) => (request.type === "opaque" ? [request.path] : []));
  await Promise.all(
    opaque.map(async (path) => {
      if ((await call.daemon.store.pathInfos.get(path)) !== undefined) return;
      if (!(await willSubstitute(call, [path], missing, signal))) missing.unknown.add(path);
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
        return await inputsToMake(call, wanted, missing, signal);
      }),
    );
    signal.throwIfAborted();
    level = inputs.flat();
  }
}

/** @returns what must be made before the derivation is built; nothing if it need not be. */
async function inputsToMake(
  call: Call,
  { drvPath, outputs }: Wanted,
  missing: Missing,
  signal: AbortSignal,
): Promise<Wanted[]> {
  const { store, derivations } = call.daemon;
  if ((await store.pathInfos.get(drvPath)) === undefined) {
    missing.unknown.add(drvPath);
    return [];
  }
  const drv = await derivations.load(drvPath);
  const valid = await findValidOutputs(store.pathInfos, drvPath, drv.outputs);
  const wanted = outputs === "all" ? [...drv.outputs.keys()] : outputs;
  const absent = wanted.filter((name) => !valid.has(name));
  if (absent.length === 0 || missing.willBuild.has(drvPath)) return [];
  if (await outputsAreElsewhere(call, drvPath, drv, absent, missing, signal)) return [];
  if (missing.willBuild.has(drvPath)) return [];
  missing.willBuild.add(drvPath);
  return [...drv.inputDrvs].map(([input, wantedOf]) => ({ drvPath: input, outputs: wantedOf.outputs }));
}

async function outputsAreElsewhere(
  call: Call,
  drvPath: StorePath,
  drv: Derivation,
  names: readonly string[],
  missing: Missing,
  signal: AbortSignal,
): Promise<boolean> {
  const paths: StorePath[] = [];
  for (const name of names) {
    const output = drv.outputs.get(name);
    if (output === undefined || !("path" in output)) return false;
    paths.push(output.path);
  }
  if (substituterOf(call) === undefined) return false;
  if (!call.daemon.alwaysSubstitute && !allowsSubstitutes(drvPath, drv)) return false;
  return await willSubstitute(call, paths, missing, signal);
}

/** Notes what would be fetched for these paths, if all of them can be had. */
async function willSubstitute(
  call: Call,
  paths: readonly StorePath[],
  missing: Missing,
  signal: AbortSignal,
): Promise<boolean> {
  const substituter = substituterOf(call);
  if (substituter === undefined) return false;
  const plans = await Promise.all(
    paths.map((path) => planOf(call, substituter.plan(path, { signal, onEvent: missing.onEvent }))),
  );
  if (plans.includes(undefined)) return false;
  for (const plan of plans)
    for (const [path, { offer }] of plan!)
      missing.willSubstitute.set(path, { downloadBytes: offer.downloadBytes, narSizeBytes: offer.info.narSizeBytes });
  return true;
}

/** This only says what would be done: a plan that cannot be made is none. */
async function planOf(
  { channel }: Call,
  plan: Promise<SubstitutionPlan | undefined>,
): Promise<SubstitutionPlan | undefined> {
  try {
    return await plan;
  } catch (reason) {
    channel.warn(reason instanceof Error ? reason.message : String(reason));
    return undefined;
  }
}
