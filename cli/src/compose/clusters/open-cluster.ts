import { randomUUID } from "node:crypto";
import type { ClusterConnection } from "@causeway/bridge/cluster";
import { findProfile, profileNames, systemWaitingClock, type Profile } from "@causeway/bridge/coordinator";
import type { ChannelOptions } from "@causeway/bridge/grpc";
import { Code, StatusError } from "@causeway/bridge/status";
import { VERSION } from "../../version.js";
import { pairsOf } from "../channel-options.js";
import { findClusterHelper } from "../cluster-helper.js";
import type { BuildPlace } from "../coordinator.js";
import type { OpenState } from "../state.js";
import { findVerdict, keepVerdict } from "./verdicts.js";

/** A cluster, and how it wants to be spoken to. */
export interface ClusterAccess {
  readonly url: string;
  readonly channel: ChannelOptions;
  /** Properties that its workers want of every action: `name=value`. */
  readonly platform: readonly string[];
  /** Name of a profile; without it the one by which builds fare best there. */
  readonly profile?: string | undefined;
  /** What can be built there, by system and by feature, in place of what the profile says; without properties of its own one has the profile's. */
  readonly systems?: Profile["systems"];
  readonly features?: Profile["features"];
}

/** What goes with the opening of one. */
export interface ClusterOpening {
  readonly signal: AbortSignal;
  /** Is told of each thing that builds miss there. */
  readonly onLack: (sentence: string) => void;
  /** @see RetryParts.hasOthers */
  readonly hasOthers?: () => boolean;
}

/**
 * Connects to a cluster, and finds out how builds run there if nobody has said it.
 *
 * @throws StatusError InvalidArgument for an unknown profile; FailedPrecondition if it cannot host builds; what the cluster fails with.
 */
export async function openCluster(
  state: OpenState,
  access: ClusterAccess,
  { signal, onLack, ...company }: ClusterOpening,
): Promise<Pick<BuildPlace, "execution" | "profile" | "plan" | "sent">> {
  const { connectCluster, createClusterExecution } = await import("@causeway/bridge/cluster");
  const { url, channel, platform } = access;
  const cluster = await connectCluster({
    url,
    channel,
    clock: systemWaitingClock,
    random: Math.random,
    signal,
    ...company,
  });
  await using opened = new AsyncDisposableStack();
  opened.use(cluster);
  const { named, lacks } =
    access.profile === undefined
      ? await chooseProfile(state, cluster, { platform, signal })
      : { named: profileNamed(access.profile), lacks: undefined };
  const properties = pairsOf("--platform", platform).map(([name, value]) => ({ name, value }));
  const profile: Profile = {
    ...named,
    digestFunction: cluster.fn,
    properties: [...named.properties, ...properties],
    systems: configured(access.systems, named.systems),
    features: configured(access.features, named.features),
  };
  const execution = createClusterExecution({
    cluster,
    store: state.store,
    clock: systemWaitingClock,
    requiresUtf8: profile.requiresUtf8 === true,
    invocationId: randomUUID(),
    toolVersion: VERSION,
  });
  for (const lack of lacks ?? profile.lacks ?? []) onLack(lack);
  const parts = opened.move();
  return {
    execution: { ...execution, [Symbol.asyncDispose]: () => parts.disposeAsync() },
    profile,
    sent: execution.uploader.sent,
    plan: (actionDigest, planning) => execution.uploader.plan(actionDigest, planning),
  };
}

type PropertiesBy = Profile["systems"];

function configured(given: PropertiesBy | undefined, usual: PropertiesBy): PropertiesBy {
  if (given === undefined) return usual;
  return new Map(
    [...given].map(([name, properties]) => [name, properties.length > 0 ? properties : (usual.get(name) ?? [])]),
  );
}

/**
 * The profile by which builds fare best there: as it was found out lately, or now.
 *
 * @throws StatusError FailedPrecondition if none does.
 */
async function chooseProfile(
  { store }: OpenState,
  cluster: ClusterConnection,
  { platform, signal }: { readonly platform: readonly string[]; readonly signal: AbortSignal },
): Promise<{ readonly named: Profile; readonly lacks: readonly string[] }> {
  const { url } = cluster;
  // Only our own server runs builds without the helper; nothing else can be asked without it.
  if (findClusterHelper() === undefined) return { named: profileNamed("causeway"), lacks: [] };
  let verdict = await findVerdict(store.notes, { url, platform, nowMs: systemWaitingClock.nowMs() });
  if (verdict === undefined) {
    const { ATTEMPT_MS, probeConnected } = await import("./run-probe.js");
    verdict = await probeConnected(cluster, { platform, attemptMs: ATTEMPT_MS, signal });
    // What hosts nothing today may be mended tomorrow.
    if (verdict.profile !== null) await keepVerdict(store.notes, verdict, platform);
  }
  if (verdict.profile === null)
    throw new StatusError(
      Code.FailedPrecondition,
      `cluster ${url} cannot host Nix builds; 'causeway probe ${url}' says why, and what would help`,
    );
  return { named: profileNamed(verdict.profile), lacks: verdict.lacks };
}

function profileNamed(name: string): Profile {
  const profile = findProfile(name);
  if (profile === undefined)
    throw new StatusError(Code.InvalidArgument, `there is no profile '${name}'; there are ${profileNames.join(", ")}`);
  return profile;
}
