import { randomUUID } from "node:crypto";
import type { ClusterConnection } from "@causeway/bridge/cluster";
import type { BuildSettings } from "@causeway/bridge/config";
import { findProfile, profileNames, systemWaitingClock, type Profile } from "@causeway/bridge/coordinator";
import { Code, StatusError } from "@causeway/bridge/status";
import { VERSION } from "../version.js";
import { channelOptions, pairsOf, type ServerOptions } from "./channel-options.js";
import { findClusterHelper } from "./cluster-helper.js";
import { findVerdict, keepVerdict, resolveCluster } from "./clusters/verdicts.js";
import { buildHere, type BuildPlace } from "./coordinator.js";
import type { SettingOptions } from "./settings.js";
import type { OpenState } from "./state.js";

/** The options that say where to build. */
export interface RemoteOptions extends ServerOptions {
  /** An address, or the name that it was saved by. */
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
  const saved = await resolveCluster(state.store.notes, options.remote);
  const platform = [...saved.platform, ...(options.platform ?? [])];
  const cluster = await connectCluster({
    url: saved.url,
    channel: channelOptions(options),
    clock: systemWaitingClock,
    random: Math.random,
    signal,
  });
  await using opened = new AsyncDisposableStack();
  opened.use(cluster);
  const { named, lacks } =
    options.profile === undefined
      ? await chooseProfile(state, cluster, { platform, signal })
      : { named: profileNamed(options.profile), lacks: undefined };
  const properties = pairsOf("--platform", platform).map(([name, value]) => ({ name, value }));
  const profile: Profile = {
    ...named,
    digestFunction: cluster.fn,
    properties: [...named.properties, ...properties],
  };
  const execution = createClusterExecution({
    cluster,
    store: state.store,
    clock: systemWaitingClock,
    requiresUtf8: profile.requiresUtf8 === true,
    invocationId: randomUUID(),
    toolVersion: VERSION,
  });
  for (const lack of lacks ?? profile.lacks ?? []) process.stderr.write(`note: on this cluster ${lack}\n`);
  const parts = opened.move();
  return {
    execution: { ...execution, [Symbol.asyncDispose]: () => parts.disposeAsync() },
    profile,
    jobsMax: options.maxJobs === undefined ? REMOTE_JOBS : settings.maxJobs,
    isHere: false,
  };
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
    const { ATTEMPT_MS, probeConnected } = await import("./clusters/run-probe.js");
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
