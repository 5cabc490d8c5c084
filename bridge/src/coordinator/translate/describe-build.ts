import {
  DerivationError,
  derivationPathOf,
  drvNameOf,
  needsResolving,
  printStorePath,
  ReapiError,
  resolveDerivation,
  type Derivation,
  type StorePath,
} from "../../formats/index.js";
import { closureOf, type PathInfo, type Store } from "../../store/index.js";
import { BuildFailure, BuildStatus, type PreparedDerivation, type ReadyDerivation } from "../build.js";
import { derivationOptionsOf, type DerivationOptions } from "../derivation-options/index.js";
import { buildEnvironment, type BuildEnvironment } from "./environment.js";
import { exportReferences } from "./export-references.js";
import { graphRequests } from "./reference-graph.js";
import type { Rewrites } from "./rewrite-strings.js";
import { outputRewrites, scratchPathsOf } from "./scratch-paths.js";
import type { TranslatorSettings } from "./settings.js";

/** A derivation with nothing but paths for inputs. */
export interface ResolvedDerivation {
  readonly drvPath: StorePath;
  readonly resolvedDrvPath: StorePath;
  readonly derivation: Derivation;
}

/**
 * With its inputs' paths in place of their derivations. Where Nix builds another derivation for that (an output's path is not known from
 * the derivation, and it has inputs that are built), it has a path of its own, from which scratch paths follow.
 */
export function resolveReady({ drvPath, derivation, inputs }: ReadyDerivation, storeDir: string): ResolvedDerivation {
  const name = drvNameOf(drvPath);
  const resolved = resolveDerivation(derivation, inputs, { storeDir, name });
  const resolvedDrvPath = needsResolving(derivation) ? derivationPathOf(storeDir, name, resolved) : drvPath;
  return { drvPath, derivation: resolved, resolvedDrvPath };
}

/** @throws BuildFailure InputRejected for what `body` finds wrong with the derivation itself. */
export function rejecting<T>(drvPath: StorePath, storeDir: string, body: () => T): T {
  try {
    return body();
  } catch (cause) {
    if (!(cause instanceof DerivationError || cause instanceof ReapiError)) throw cause;
    const message = `derivation '${printStorePath(storeDir, drvPath)}' cannot be built: ${cause.message}`;
    throw new BuildFailure(BuildStatus.InputRejected, message, { cause });
  }
}

/** What a build is, before it is put into the words of REAPI. */
export interface BuildDescription {
  readonly prepared: PreparedDerivation;
  readonly options: DerivationOptions;
  readonly environment: BuildEnvironment;
  readonly rewrites: Rewrites;
  readonly inputs: ReadonlyMap<StorePath, PathInfo>;
}

/** @throws BuildFailure InputRejected; StatusError NotFound if an input is not valid. */
export async function describeBuild(
  {
    store,
    storeDir,
    settings,
  }: { readonly store: Store; readonly storeDir: string; readonly settings: TranslatorSettings },
  resolved: ResolvedDerivation,
): Promise<BuildDescription> {
  const { derivation, drvPath, resolvedDrvPath } = resolved;
  const options = derivationOptionsOf(drvPath, derivation);
  const scratchPaths = scratchPathsOf(derivation, resolvedDrvPath, storeDir);
  const rewrites = outputRewrites(scratchPaths, storeDir);
  const closure = await closureOf(store.pathInfos, derivation.inputSrcs);
  const inputs = new Map(closure.map((info) => [info.path, info]));
  const requests = graphRequests(options.attributes, derivation.env, storeDir);
  const graphs = await Promise.all(requests.map((request) => exportReferences(store, request, inputs, storeDir)));
  const environment = buildEnvironment({
    derivation,
    options,
    storeDir,
    cores: settings.cores ?? 1,
    impureEnv: settings.impureEnv ?? new Map(),
    rewrites,
    graphs,
  });
  const prepared = { drvPath, derivation, resolvedDrvPath, scratchPaths, inputClosure: [...inputs.keys()] };
  return { prepared, options, environment, rewrites, inputs };
}
