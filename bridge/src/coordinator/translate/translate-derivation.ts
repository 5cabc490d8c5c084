import {
  DEFAULT_STORE_DIR,
  derivationTypeOf,
  type ByteString,
  type Derivation,
  type StorePath,
} from "../../formats/index.js";
import { systemClock, type PathInfo } from "../../store/index.js";
import { BuildFailure, BuildStatus, type Translator } from "../build.js";
import { derivationOptionsOf } from "../derivation-options/index.js";
import { encodeBuildAction, type ActionInput } from "./action.js";
import { createAwkwardLinks, type AwkwardLinks } from "./awkward-links.js";
import { createBlobWriter } from "./blob-writer.js";
import { checkSupported, defaultFeatures, isBuiltin } from "./check-supported.js";
import type { TranslatorOptions } from "./create-translator.js";
import { describeBuild, rejecting, resolveReady } from "./describe-build.js";
import type { NewBlob, RootNode } from "./input-root.js";
import type { Profile } from "./profile.js";
import type { TranslatorSettings } from "./settings.js";
import { createStoreTrees, type StoreTrees } from "./store-trees.js";

/** What `createTranslator` loads when something is to be built. */
export function createActionTranslator(options: TranslatorOptions): Translator {
  const { store, profile, settings = {}, clock = systemClock, storeDir = DEFAULT_STORE_DIR } = options;
  const trees = createStoreTrees(store, profile.digestFunction, clock);
  const writer = createBlobWriter(store.blobs, clock);
  const links = createAwkwardLinks(store, clock);
  const capabilities = {
    systems: settings.systems ?? [...profile.systems.keys()],
    features: settings.features ?? new Set(defaultFeatures),
  };

  return {
    async prepare(ready, { timeoutMs, maxSilentMs, maxLogBytes, signal, onLog }) {
      signal?.throwIfAborted();
      rejecting(ready.drvPath, storeDir, () => derivationTypeOf(ready.derivation));
      checkSupported(ready, derivationOptionsOf(ready.drvPath, ready.derivation), capabilities, storeDir);
      const resolved = rejecting(ready.drvPath, storeDir, () => resolveReady(ready, storeDir));
      const build = await describeBuild({ store, storeDir, settings }, resolved);
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
      const input: ActionInput = {
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
        ...(profile.helper !== undefined &&
          settings.helper !== undefined && {
            helper: await trees.rootNodeOf(settings.helper),
            links: await inputLinks(links, inputs, storeDir),
          }),
        ...(timeoutMs !== undefined && { timeoutMs }),
        ...{ maxSilentMs, maxLogBytes },
      };
      const actionDigest = rejecting(ready.drvPath, storeDir, () =>
        encodeBuildAction(input, (blob) => blobs.push(blob)),
      );
      signal?.throwIfAborted();
      await writer.write(blobs);
      return { ...prepared, kind: "action", actionDigest };
    },
  };
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

async function inputLinks(
  links: AwkwardLinks,
  inputs: ReadonlyMap<StorePath, PathInfo>,
  storeDir: string,
): Promise<(readonly [path: ByteString, target: ByteString])[]> {
  const all: (readonly [path: ByteString, target: ByteString])[] = [];
  for (const { path, node } of inputs.values())
    for (const [below, target] of await links.of(node))
      all.push([`${storeDir}/${path}${below === "" ? "" : `/${below}`}` as ByteString, target]);
  return all;
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
