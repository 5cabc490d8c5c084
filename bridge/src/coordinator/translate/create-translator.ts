import { digestKey } from "../../digest/index.js";
import {
  DEFAULT_STORE_DIR,
  derivationPathOf,
  derivationTypeOf,
  DerivationError,
  drvNameOf,
  needsResolving,
  printStorePath,
  resolveDerivation,
  type ByteString,
  type CastoreNode,
  type Derivation,
  type StorePath,
} from "../../formats/index.js";
import { closureOf, systemClock, type Clock, type PathInfo, type Store } from "../../store/index.js";
import {
  BuildFailure,
  BuildStatus,
  type BuiltinBuilders,
  type PreparedDerivation,
  type ReadyDerivation,
  type Translator,
} from "../build.js";
import { derivationOptionsOf, type DerivationOptions } from "../derivation-options/index.js";
import { encodeBuildAction } from "./action.js";
import { checkSupported, defaultFeatures, isBuiltin } from "./check-supported.js";
import { buildEnvironment, type BuildEnvironment } from "./environment.js";
import type { NetworkFiles } from "./etc-files.js";
import { exportReferences } from "./export-references.js";
import type { NewBlob, RootNode } from "./input-root.js";
import type { Profile } from "./profile.js";
import { createRecentMap } from "./recent-map.js";
import { graphRequests } from "./reference-graph.js";
import type { Rewrites } from "./rewrite-strings.js";
import { outputRewrites, scratchPathsOf } from "./scratch-paths.js";
import { createStoreTrees, type StoreTrees } from "./store-trees.js";

/** What builds get that is configured, not derived. */
export interface TranslatorSettings {
  /** NIX_BUILD_CORES; equal everywhere, or no Action is ever shared between machines. Default 1. */
  readonly cores?: number;
  /** Where `impureEnvVars` are taken from: the service's own environment. Default none. */
  readonly impureEnv?: ReadonlyMap<string, string>;
  /** What may be required by `requiredSystemFeatures`. Default nixos-test, benchmark, big-parallel. */
  readonly features?: ReadonlySet<string>;
  /** Systems that are built; the first is what we call ourselves. Default: those of the profile. */
  readonly systems?: readonly string[];
  /** A static shell for `/bin/sh`; without it there is none, as in Nix without `sandbox-paths`. */
  readonly sandboxShell?: CastoreNode;
  /** Files of `/etc` for builds with network. Default: none beside what Nix writes itself. */
  readonly network?: NetworkFiles;
}

/** What {@link createTranslator} takes. */
export interface TranslatorOptions {
  readonly store: Store;
  /** Default `/nix/store`. */
  readonly storeDir?: string;
  readonly profile: Profile;
  readonly settings?: TranslatorSettings;
  /** Without: every builtin builder is refused. */
  readonly builtins?: BuiltinBuilders;
  readonly clock?: Clock;
}

/** Blobs remembered as written: those of the last few hundred Actions. */
const WRITTEN_MAX = 10_000;
/** Well within the grace period in which nothing that was written is collected. */
const WRITTEN_TTL_MS = 5 * 60_000;

/** A translator that puts Actions into `store`. */
export function createTranslator(options: TranslatorOptions): Translator {
  const { store, profile, settings = {}, clock = systemClock, storeDir = DEFAULT_STORE_DIR } = options;
  const trees = createStoreTrees(store, profile.digestFunction, clock);
  const written = createRecentMap<true>({ entriesMax: WRITTEN_MAX, ttlMs: WRITTEN_TTL_MS, clock });
  const capabilities = {
    systems: settings.systems ?? [...profile.systems.keys()],
    features: settings.features ?? new Set(defaultFeatures),
  };

  async function write(blobs: readonly NewBlob[]): Promise<void> {
    const unknown = new Map<string, NewBlob>();
    for (const blob of blobs) {
      const key = digestKey(blob.expected);
      if (written.get(key) === undefined) unknown.set(key, blob);
    }
    if (unknown.size > 0) await store.blobs.writeMany([...unknown.values()]);
    for (const key of unknown.keys()) written.set(key, true);
  }

  return {
    async prepare(ready, { timeoutMs, signal, onLog }) {
      signal?.throwIfAborted();
      rejecting(ready.drvPath, storeDir, () => derivationTypeOf(ready.derivation));
      checkSupported(ready, derivationOptionsOf(ready.drvPath, ready.derivation), capabilities, storeDir);
      const resolved = rejecting(ready.drvPath, storeDir, () => resolve(ready, storeDir));
      const build = await describe({ store, storeDir, settings }, resolved);
      const { environment, inputs, rewrites, prepared } = build;
      const { derivation } = prepared;
      if (isBuiltin(derivation)) {
        if (options.builtins === undefined) throw unknownBuiltin(derivation);
        const { variables } = environment;
        const { drvPath } = ready;
        const outputs = await options.builtins.run(derivation, {
          drvPath,
          variables,
          inputs,
          ...(signal !== undefined && { signal }),
          ...(onLog !== undefined && { onLog }),
        });
        return { ...prepared, kind: "outputs", outputs };
      }
      const blobs: NewBlob[] = [];
      const actionDigest = encodeBuildAction(
        {
          derivation,
          options: build.options,
          environment,
          rewrites,
          scratchPaths: prepared.scratchPaths,
          inputs: await rootNodes(trees, inputs),
          storeDir,
          profile,
          rootEntries: await rootEntries(trees, profile, settings),
          network: settings.network ?? {},
          ...(timeoutMs !== undefined && { timeoutMs }),
        },
        (blob) => blobs.push(blob),
      );
      signal?.throwIfAborted();
      await write(blobs);
      return { ...prepared, kind: "action", actionDigest };
    },
  };
}

interface ResolvedDerivation {
  readonly drvPath: StorePath;
  readonly resolvedDrvPath: StorePath;
  readonly derivation: Derivation;
}

/**
 * With its inputs' paths in place of their derivations. Where Nix builds another derivation for that (an output's path is not known from
 * the derivation, and it has inputs that are built), it has a path of its own, from which scratch paths follow.
 */
function resolve({ drvPath, derivation, inputs }: ReadyDerivation, storeDir: string): ResolvedDerivation {
  const name = drvNameOf(drvPath);
  const resolved = resolveDerivation(derivation, inputs, { storeDir, name });
  const resolvedDrvPath = needsResolving(derivation) ? derivationPathOf(storeDir, name, resolved) : drvPath;
  return { drvPath, derivation: resolved, resolvedDrvPath };
}

/** @throws BuildFailure InputRejected for what `body` finds wrong with the derivation itself. */
function rejecting<T>(drvPath: StorePath, storeDir: string, body: () => T): T {
  try {
    return body();
  } catch (cause) {
    if (!(cause instanceof DerivationError)) throw cause;
    const message = `derivation '${printStorePath(storeDir, drvPath)}' cannot be built: ${cause.message}`;
    throw new BuildFailure(BuildStatus.InputRejected, message, { cause });
  }
}

interface BuildDescription {
  readonly prepared: PreparedDerivation;
  readonly options: DerivationOptions;
  readonly environment: BuildEnvironment;
  readonly rewrites: Rewrites;
  readonly inputs: ReadonlyMap<StorePath, PathInfo>;
}

async function describe(
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

/** How many trees are asked for at once: enough to hide a remote store's latency, few enough to hold their messages in memory. */
const TREES_AT_ONCE = 16;

async function rootNodes(
  trees: StoreTrees,
  inputs: ReadonlyMap<StorePath, PathInfo>,
): Promise<ReadonlyMap<StorePath, RootNode>> {
  const nodes = new Map<StorePath, RootNode>();
  const infos = [...inputs.values()];
  for (let i = 0; i < infos.length; i += TREES_AT_ONCE) {
    const batch = infos.slice(i, i + TREES_AT_ONCE);
    const found = await Promise.all(batch.map((info) => trees.rootNodeOf(info.node)));
    for (const [j, node] of found.entries()) nodes.set(batch[j]!.path, node);
  }
  return nodes;
}

async function rootEntries(
  trees: StoreTrees,
  profile: Profile,
  { sandboxShell }: TranslatorSettings,
): Promise<ReadonlyMap<ByteString, RootNode>> {
  const entries = new Map<ByteString, RootNode>();
  for (const [path, node] of profile.rootEntries) entries.set(path, await trees.rootNodeOf(node));
  if (sandboxShell !== undefined) entries.set("bin/sh" as ByteString, await trees.rootNodeOf(sandboxShell));
  return entries;
}

function unknownBuiltin(derivation: Derivation): BuildFailure {
  const name = derivation.builder.slice("builtin:".length);
  return new BuildFailure(BuildStatus.PermanentFailure, `unsupported builtin builder '${name}'`, { showLog: true });
}
