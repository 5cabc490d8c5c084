import { attributesOf } from "./derivation-options/attributes.js";
import type { OutputSubstituter } from "./substitution.js";
import type { Derivation, DerivationOutput } from "../formats/derivation/derivation.js";
import type { StorePath } from "../formats/store-path/store-path.js";
import type { PathInfoStore } from "../store/index.js";
import { BuildFailure, BuildStatus, type DerivationSource } from "./build.js";
import type { Inspection } from "./event.js";

/**
 * Reads a derivation, and looks which of its outputs are valid.
 *
 * @throws BuildFailure InputRejected for dynamic derivations; StatusError of the source and the store.
 */
export async function inspectDerivation(
  source: DerivationSource,
  pathInfos: PathInfoStore,
  drvPath: StorePath,
  storeDir: string,
  substituter?: OutputSubstituter,
): Promise<Inspection> {
  const derivation = await source.load(drvPath);
  const inputDrvs: Inspection["inputDrvs"][number][] = [];
  for (const [input, { outputs, dynamic }] of derivation.inputDrvs) {
    if (dynamic.size > 0) {
      const message =
        `derivation '${storeDir}/${drvPath}' builds what an output of '${storeDir}/${input}' describes; ` +
        `dynamic derivations are not supported`;
      throw new BuildFailure(BuildStatus.InputRejected, message);
    }
    inputDrvs.push({ drvPath: input, outputs });
  }
  const validOutputs = await findValidOutputs(pathInfos, drvPath, derivation.outputs);
  return {
    outputNames: [...derivation.outputs.keys()],
    validOutputs,
    substitutable: substitutableOutputs(drvPath, derivation, validOutputs, substituter),
    inputDrvs,
    inputSrcs: derivation.inputSrcs,
  };
}

function substitutableOutputs(
  drvPath: StorePath,
  derivation: Derivation,
  valid: ReadonlyMap<string, StorePath>,
  substituter: OutputSubstituter | undefined,
): ReadonlyMap<string, StorePath> {
  const { outputs } = derivation;
  if (substituter === undefined || valid.size === outputs.size) return new Map();
  if (!substituter.always && !allowsSubstitutes(drvPath, derivation)) return new Map();
  return new Map(
    [...outputs].flatMap(([name, output]) =>
      "path" in output && !valid.has(name) ? [[name, output.path] as const] : [],
    ),
  );
}

/** Whether a derivation lets its outputs be fetched: those that are faster to build than to fetch say no. */
export function allowsSubstitutes(drvPath: StorePath, derivation: Derivation): boolean {
  return attributesOf(drvPath, derivation).bool("allowSubstitutes", true);
}

/** Which outputs are valid, and where. Those whose path follows from a build are found by what an earlier build made of them. */
export async function findValidOutputs(
  pathInfos: PathInfoStore,
  drvPath: StorePath,
  outputs: ReadonlyMap<string, DerivationOutput>,
): Promise<ReadonlyMap<string, StorePath>> {
  const candidates: (readonly [string, StorePath])[] = [];
  for (const [name, output] of outputs) {
    const path = await outputPath(pathInfos, drvPath, name, output);
    if (path !== undefined) candidates.push([name, path]);
  }
  const infos = await pathInfos.getMany(candidates.map(([, path]) => path));
  return new Map(candidates.filter((_, index) => infos[index] !== undefined));
}

async function outputPath(
  pathInfos: PathInfoStore,
  drvPath: StorePath,
  name: string,
  output: DerivationOutput,
): Promise<StorePath | undefined> {
  switch (output.type) {
    case "input-addressed":
    case "fixed":
      return output.path;
    case "floating":
    case "deferred":
      return pathInfos.getRealisation(drvPath, name);
    case "impure":
      return undefined; // Made anew each time.
  }
}
