import type { BuildSettings } from "@causeway/bridge/config";
import { channelOptions, type ServerOptions } from "./channel-options.js";
import { openCluster } from "./clusters/open-cluster.js";
import { resolveCluster } from "./clusters/verdicts.js";
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
  const saved = await resolveCluster(state.store.notes, options.remote);
  const opened = await openCluster(
    state,
    {
      url: saved.url,
      channel: channelOptions(options),
      platform: [...saved.platform, ...(options.platform ?? [])],
      profile: options.profile,
    },
    { signal, onLack: (lack) => process.stderr.write(`note: on this cluster ${lack}\n`) },
  );
  const jobsMax = options.maxJobs === undefined ? REMOTE_JOBS : settings.maxJobs;
  return { ...opened, name: saved.url, jobsMax, isHere: false };
}
