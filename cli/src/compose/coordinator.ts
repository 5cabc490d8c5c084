import { accessSync, constants, createReadStream, statSync } from "node:fs";
import type { Sent } from "@causeway/bridge/cluster";
import type { BuildSettings } from "@causeway/bridge/config";
import {
  createCoordinator,
  createPlaces,
  createTranslator,
  defaultFeatures,
  localProfile,
  systemWaitingClock,
  type Coordinator,
  type DerivationSource,
  type HereRules,
  type Place,
  type Profile,
  type Translator,
} from "@causeway/bridge/coordinator";
import type { Digest } from "@causeway/bridge/digest";
import type { Execution } from "@causeway/bridge/execution";
import type { CastoreNode } from "@causeway/bridge/formats";
import {
  createBuiltins,
  createNixStoreSource,
  createRegistrar,
  createSigner,
  outputSubstituter,
} from "@causeway/bridge/nix";
import { StatusError } from "@causeway/bridge/status";
import { addPath, type Store } from "@causeway/bridge/store";
import { findClusterHelper } from "./cluster-helper.js";
import { executorOnDemand } from "./executor.js";
import { networkTrust } from "./network-trust.js";
import { readKey } from "./read-key.js";
import { findSandboxShell } from "./sandbox-shell.js";
import type { OpenState } from "./state.js";
import type { Substitution } from "./substitution.js";

/** Where derivations are built. Disposing ends what runs there for us. */
export interface BuildPlace {
  /** For messages. */
  readonly name: string;
  readonly execution: Execution & AsyncDisposable;
  readonly profile: Profile;
  /** How many derivations at once. */
  readonly jobsMax: number;
  /** Whether it is this machine. */
  readonly isHere: boolean;
  /** What of an action would have to be sent there. Absent where nothing is sent. */
  readonly plan?: (actionDigest: Digest, signal: AbortSignal) => Promise<readonly Digest[]>;
  /** What was sent there so far, likewise. */
  readonly sent?: Sent;
}

/** This machine. */
export function buildHere(state: OpenState, settings: BuildSettings): BuildPlace {
  const execution = executorOnDemand(state, settings);
  return { name: "this machine", execution, profile: localProfile, jobsMax: settings.maxJobs, isHere: true };
}

/** Where derivations and sources are found that are not in the state: in the files of these Nix stores. */
export function openSource({ store, storeDir }: OpenState, directories: readonly string[]): DerivationSource {
  return createNixStoreSource({
    store,
    storeDir,
    directories,
    nowSeconds: () => Math.floor(systemWaitingClock.nowMs() / 1000),
  });
}

/** Where derivations are built, and where they need not be. */
export interface CoordinatorPlaces {
  /** Default: this machine. Disposed with the coordinator. */
  readonly place?: BuildPlace;
  /** Beside the place. */
  readonly clusters?: Clusters;
  readonly substitution?: Substitution;
}

/** Clusters that are connected to when something is to be built there. */
export interface Clusters extends AsyncDisposable {
  readonly places: readonly ClusterPlace[];
  /** What this machine gets; `undefined`: nothing. */
  readonly here: HereRules | undefined;
}

/** One of them. */
export interface ClusterPlace extends Omit<Place, "isHere" | "open"> {
  /** @see Place.open */
  open(hasOthers: () => boolean): Promise<Pick<BuildPlace, "execution" | "profile">>;
}

/**
 * Puts together what builds derivations.
 *
 * @param source of derivations; what it does not have is fetched, where there are caches.
 */
export async function openCoordinator(
  state: OpenState,
  settings: BuildSettings,
  source: DerivationSource,
  { place = buildHere(state, settings), clusters, substitution }: CoordinatorPlaces = {},
): Promise<Coordinator> {
  const { store, storeDir } = state;
  const here = await translatorFor(state, settings, place);
  const keys = settings.secretKeyFiles.map(readKey);
  const coordinator = createCoordinator({
    source: substitution?.over(source) ?? source,
    ...(substitution?.substituter !== undefined && {
      substituter: outputSubstituter(substitution.substituter, settings.substitution.always),
    }),
    translator: clusters === undefined ? here : amongClusters(state, settings, { place, here, clusters }),
    registrar: createRegistrar({
      store,
      storeDir,
      ...(keys.length === 0 ? {} : { signer: createSigner(keys, storeDir) }),
    }),
    execution: place.execution,
    pathInfos: store.pathInfos,
    blobs: store.blobs,
    notes: store.notes,
    clock: systemWaitingClock,
    random: Math.random,
    storeDir,
    limits: { jobsMax: jobsOf(place, clusters) },
  });
  return {
    build: (requests, options) => coordinator.build(requests, options),
    async [Symbol.asyncDispose]() {
      await coordinator[Symbol.asyncDispose]();
      await place.execution[Symbol.asyncDispose]();
      await clusters?.[Symbol.asyncDispose]();
    },
  };
}

/** How many derivations can be built at once. */
export function jobsOf(place: BuildPlace, clusters: Clusters | undefined): number {
  if (clusters === undefined) return place.jobsMax;
  const there = clusters.places.reduce((sum, { jobsMax }) => sum + jobsMax, 0);
  return clusters.here === undefined ? there : there + place.jobsMax;
}

function amongClusters(
  state: OpenState,
  settings: BuildSettings,
  { place, here, clusters }: { readonly place: BuildPlace; readonly here: Translator; readonly clusters: Clusters },
): Translator {
  const places = clusters.places.map((cluster): Place => ({
    ...cluster,
    isHere: false,
    async open(hasOthers) {
      const { execution, profile } = await cluster.open(hasOthers);
      const there = { systems: cluster.systems, features: [...cluster.features] };
      return { translator: await translatorFor(state, settings, { profile, isHere: false }, there), execution };
    },
  }));
  const thisMachine: Place = {
    name: place.name,
    isHere: true,
    systems: settings.systems,
    features: new Set(featuresOf(settings, place.isHere)),
    jobsMax: place.jobsMax,
    open: async () => ({ translator: here, execution: place.execution }),
  };
  return clusters.here === undefined
    ? createPlaces(places, systemWaitingClock)
    : createPlaces([thisMachine, ...places], systemWaitingClock, clusters.here);
}

/** What a derivation may require; kvm only where it can be used. */
function featuresOf(settings: BuildSettings, isHere: boolean): readonly string[] {
  return settings.systemFeatures ?? [...defaultFeatures, ...(isHere && usable("/dev/kvm") ? ["kvm"] : [])];
}

/** @param abilities of the place; default what the settings say. */
export async function translatorFor(
  { store, storeDir }: OpenState,
  settings: BuildSettings,
  { profile, isHere }: Pick<BuildPlace, "profile" | "isHere">,
  abilities: { readonly systems: readonly string[]; readonly features: readonly string[] } = {
    systems: settings.systems,
    features: featuresOf(settings, isHere),
  },
): Promise<Translator> {
  const shell = await sandboxShell(store, settings.sandboxShell);
  const helper = profile.helper === undefined ? undefined : findClusterHelper();
  const network = networkTrust(settings);
  const { caCertificates } = network;
  return createTranslator({
    store,
    storeDir,
    profile,
    settings: {
      cores: settings.cores,
      impureEnv: new Map(
        Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
      ),
      features: new Set(abilities.features),
      systems: abilities.systems,
      ...(shell === undefined ? {} : { sandboxShell: shell }),
      ...(helper === undefined ? {} : { helper: await programNode(store, helper) }),
      // resolv.conf, services and hosts are mounted by the executor: they are this machine's, and no part of an action.
      ...(caCertificates === undefined ? {} : { network: { caCertificates } }),
    },
    builtins: createBuiltins({
      store,
      storeDir,
      fetchUrl: {
        hashedMirrors: settings.hashedMirrors,
        ...network,
        openHostFile: (path) => createReadStream(path, { highWaterMark: 1 << 20 }),
      },
    }),
  });
}

async function sandboxShell(store: Store, setting: string | undefined): Promise<CastoreNode | undefined> {
  const file = setting ?? findSandboxShell();
  return file === undefined ? undefined : programNode(store, file);
}

/** A program of this machine, in the store. */
async function programNode(store: Store, file: string): Promise<CastoreNode> {
  const identity = identityOf(file);
  // The same shell is asked for by every command: its digest is remembered with what tells a changed file.
  const key = `cli/shell/${identity}`;
  const note = await store.notes.get(key);
  if (note !== undefined) {
    const [digest, size] = Buffer.from(note).toString("latin1").split("/");
    const node = { type: "file", digest: digest!, size: Number(size), executable: true } as const;
    if ((await store.blobs.stat({ fn: "blake3", hash: node.digest, sizeBytes: node.size })) !== undefined) return node;
  }
  const { node } = await addPath(store, file);
  if (node.type !== "file") return node;
  await store.notes.put(key, Buffer.from(`${node.digest}/${node.size}`));
  return { ...node, executable: true };
}

/** What changes when a file does: its place, time and size. */
function identityOf(file: string): string {
  try {
    const { dev, ino, size, mtimeMs } = statSync(file);
    return [dev, ino, size, Math.floor(mtimeMs)].join("-");
  } catch (cause) {
    throw StatusError.wrap(cause, `reading the program ${file}`);
  }
}

function usable(device: string): boolean {
  try {
    accessSync(device, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
