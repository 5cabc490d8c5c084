import type { BuildSettings } from "@causeway/bridge/config";
import { findValidOutputs, type BuildRequest, type DerivationSource } from "@causeway/bridge/coordinator";
import { printStorePath, type Derivation, type StorePath } from "@causeway/bridge/formats";
import { planBuilds, quietly, type BuildsPlan } from "@causeway/bridge/nix";
import type { BuildPlace } from "../compose/coordinator.js";
import { planUpload } from "../compose/plan-upload.js";
import type { OpenState } from "../compose/state.js";
import type { Substitution } from "../compose/substitution.js";
import { blobsText } from "../sizes.js";

/** What a dry run looks at. */
export interface DryRunParts {
  readonly state: OpenState;
  readonly settings: BuildSettings;
  readonly place: BuildPlace;
  readonly source: DerivationSource;
  readonly substitution: Substitution;
}

/** Says what a build would do, in Nix's words, and what it would send to a cluster. */
export async function dryRun(
  parts: DryRunParts,
  requests: readonly BuildRequest[],
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<void> {
  const { state, settings, place, substitution } = parts;
  const { storeDir, store } = state;
  const source = substitution.over(parts.source);
  const plan = await planBuilds(
    {
      pathInfos: store.pathInfos,
      load: (drvPath) => source.load(drvPath),
      substituter: substitution.substituter,
      alwaysSubstitute: settings.substitution.always,
      onEvent: quietly((event) => {
        if (event.type === "warning") say(`warning: ${event.message}`);
      }),
    },
    requests.map((request) => ({ type: "built", ...request })),
    signal,
  );
  for (const line of planLines(plan, storeDir)) say(line);
  if (place.isHere || plan.willBuild.size === 0) return;
  const inputs = await inputsAtHand(parts, source, plan, signal);
  const upload = await planUpload(state, settings, place, inputs, signal);
  if (upload === undefined) return;
  say(`${blobsText(upload)} would be sent to ${place.name}`);
}

/** Everything that derivations to be built name and that need not be built: sources are read into the store, as a build would do. */
async function inputsAtHand(
  { state: { store } }: DryRunParts,
  source: DerivationSource,
  { willBuild, willSubstitute }: BuildsPlan,
  signal: AbortSignal,
): Promise<ReadonlySet<StorePath>> {
  const inputs = new Set<StorePath>();
  for (const { inputSrcs, inputDrvs } of willBuild.values()) {
    for (const path of inputSrcs) {
      if (willSubstitute.has(path)) continue;
      await source.ensureValid(path, signal);
      inputs.add(path);
    }
    for (const [drvPath, { outputs }] of inputDrvs) {
      if (willBuild.has(drvPath)) continue;
      const valid = await findValidOutputs(store.pathInfos, drvPath, (await source.load(drvPath)).outputs);
      for (const name of outputs) if (valid.has(name)) inputs.add(valid.get(name)!);
    }
  }
  return inputs;
}

/** Source: Nix, `printMissing` in src/libmain/shared.cc. */
function planLines({ willBuild, willSubstitute, unknown }: BuildsPlan, storeDir: string): string[] {
  const lines: string[] = [];
  const list = (paths: Iterable<StorePath>): void => {
    for (const path of paths) lines.push(`  ${printStorePath(storeDir, path)}`);
  };
  if (willBuild.size > 0) {
    lines.push(
      willBuild.size === 1
        ? "this derivation will be built:"
        : `these ${String(willBuild.size)} derivations will be built:`,
    );
    list(inputsFirst(willBuild));
  }
  if (willSubstitute.size > 0) {
    const sizes = [...willSubstitute.values()];
    const download = mebibytes(sizes.reduce((sum, { downloadBytes }) => sum + downloadBytes, 0));
    const unpacked = mebibytes(sizes.reduce((sum, { narSizeBytes }) => sum + narSizeBytes, 0));
    const what = willSubstitute.size === 1 ? "this path" : `these ${String(willSubstitute.size)} paths`;
    lines.push(`${what} will be fetched (${download} MiB download, ${unpacked} MiB unpacked):`);
    list([...willSubstitute.keys()].sort());
  }
  if (unknown.size > 0) {
    lines.push("don't know how to build these paths:");
    list([...unknown].sort());
  }
  return lines;
}

/** In an order in which they can be built. */
function inputsFirst(derivations: ReadonlyMap<StorePath, Derivation>): StorePath[] {
  const order: StorePath[] = [];
  const seen = new Set<StorePath>();
  // Not by recursion: graphs are deep.
  const stack = [...derivations.keys()].sort().map((path) => ({ path, isDone: false }));
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { path, isDone } = top;
    if (isDone) order.push(path);
    if (isDone || seen.has(path)) continue;
    seen.add(path);
    stack.push({ path, isDone: true });
    for (const input of derivations.get(path)!.inputDrvs.keys())
      if (derivations.has(input) && !seen.has(input)) stack.push({ path: input, isDone: false });
  }
  return order;
}

/** As Nix prints them. */
const mebibytes = (sizeBytes: number): string => (sizeBytes / 2 ** 20).toFixed(2);
