import { randomUUID } from "node:crypto";
import type { BuildSettings } from "@causeway/bridge/config";
import { findProfile, profileNames, systemWaitingClock, type Profile } from "@causeway/bridge/coordinator";
import { Code, StatusError } from "@causeway/bridge/status";
import { VERSION } from "../version.js";
import { channelOptions, pairsOf, type ServerOptions } from "./channel-options.js";
import { buildHere, type BuildPlace } from "./coordinator.js";
import type { SettingOptions } from "./settings.js";
import type { OpenState } from "./state.js";

/** The options that say where to build. */
export interface RemoteOptions extends ServerOptions {
  readonly remote?: string;
  readonly profile?: string;
  /** `name=value`. */
  readonly platform?: readonly string[];
}

/** How many derivations are in flight unless `--max-jobs` says: a cluster has its own queue. */
const REMOTE_JOBS = 64;

/**
 * The cluster that the options name, else this machine.
 *
 * @throws StatusError InvalidArgument; what the cluster fails with.
 */
export async function openBuildPlace(
  state: OpenState,
  settings: BuildSettings,
  options: RemoteOptions & SettingOptions,
  signal: AbortSignal,
): Promise<BuildPlace> {
  if (options.remote === undefined) return buildHere(state, settings);
  const { connectCluster, createClusterExecution } = await import("@causeway/bridge/cluster");
  const named = profileNamed(options.profile ?? "causeway");
  const cluster = await connectCluster({
    url: options.remote,
    channel: channelOptions(options),
    clock: systemWaitingClock,
    random: Math.random,
    signal,
  });
  const platform = pairsOf("--platform", options.platform ?? []).map(([name, value]) => ({ name, value }));
  const profile: Profile = {
    ...named,
    digestFunction: cluster.fn,
    properties: [...named.properties, ...platform],
  };
  const execution = createClusterExecution({
    cluster,
    store: state.store,
    clock: systemWaitingClock,
    requiresUtf8: profile.requiresUtf8 === true,
    invocationId: randomUUID(),
    toolVersion: VERSION,
  });
  for (const lack of profile.lacks ?? []) process.stderr.write(`note: on this cluster ${lack}\n`);
  return {
    execution: { ...execution, [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose]() },
    profile,
    jobsMax: options.maxJobs === undefined ? REMOTE_JOBS : settings.maxJobs,
    isHere: false,
  };
}

function profileNamed(name: string): Profile {
  const profile = findProfile(name);
  if (profile === undefined)
    throw new StatusError(Code.InvalidArgument, `there is no profile '${name}'; there are ${profileNames.join(", ")}`);
  return profile;
}
