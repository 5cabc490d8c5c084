import { readFileSync } from "node:fs";
import type { BuildSettings } from "@causeway/bridge/config";
import type { ClusterConfig, ServeConfig } from "@causeway/bridge/config/serve";
import { defaultFeatures, type HereRules, type Profile } from "@causeway/bridge/coordinator";
import { channelOptions, type ServerOptions } from "../channel-options.js";
import { openCluster } from "../clusters/open-cluster.js";
import type { ClusterPlace, Clusters } from "../coordinator.js";
import type { OpenState } from "../state.js";
import type { Log } from "./open-log.js";

const RULES: Readonly<Record<ServeConfig["nix"]["buildsHere"], HereRules | undefined>> = {
  all: { preferLocal: true, fixedOutputs: false, others: true },
  preferred: { preferLocal: true, fixedOutputs: true, others: false },
  needed: { preferLocal: false, fixedOutputs: false, others: false },
  none: undefined,
};

/**
 * The clusters of a configuration; `undefined` if there are none. None is connected to before something is to be built there, and a server starts
 * also while they are away.
 *
 * @param runsHere whether this machine runs actions.
 */
export function openClusters(
  state: OpenState,
  settings: BuildSettings,
  { config, runsHere, log }: { readonly config: ServeConfig; readonly runsHere: boolean; readonly log: Log },
): Clusters | undefined {
  if (config.clusters.length === 0) return undefined;
  const opened = new AsyncDisposableStack();
  const ended = new AbortController();
  opened.defer(() => ended.abort());
  return {
    places: config.clusters.map((cluster) => placeOf(cluster, { state, settings, opened, ended: ended.signal, log })),
    here: runsHere ? RULES[config.nix.buildsHere] : undefined,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

interface PlaceParts {
  readonly state: OpenState;
  readonly settings: BuildSettings;
  readonly opened: AsyncDisposableStack;
  readonly ended: AbortSignal;
  readonly log: Log;
}

function placeOf(cluster: ClusterConfig, { state, settings, opened, ended, log }: PlaceParts): ClusterPlace {
  const { address, profile, jobs, platform } = cluster;
  const systems = propertiesBy(cluster.systems);
  const features = propertiesBy(cluster.features);
  return {
    name: address,
    systems: systems === undefined ? settings.systems : [...systems.keys()],
    features: new Set(features?.keys() ?? settings.systemFeatures ?? defaultFeatures),
    jobsMax: jobs,
    async open(hasOthers) {
      const access = {
        url: address,
        channel: channelOptions(accessOf(cluster)),
        platform: Object.entries(platform).map(([name, value]) => `${name}=${value}`),
        profile,
        ...(systems === undefined ? {} : { systems }),
        ...(features === undefined ? {} : { features }),
      };
      const onLack = (lack: string): void => log.info("builds on a cluster miss something", { cluster: address, lack });
      const place = await openCluster(state, access, { signal: ended, onLack, hasOthers });
      opened.use(place.execution);
      return place;
    },
  };
}

function propertiesBy(
  named: Readonly<Record<string, Readonly<Record<string, string>>>> | undefined,
): Profile["systems"] | undefined {
  if (named === undefined) return undefined;
  return new Map(
    Object.entries(named).map(([key, properties]) => [
      key,
      Object.entries(properties).map(([name, value]) => ({ name, value })),
    ]),
  );
}

/** As the options of a command say it. */
function accessOf({ headers, tokenFile, caFile, certificateFile, keyFile }: ClusterConfig): ServerOptions {
  const token = tokenFile === undefined ? [] : [`authorization=Bearer ${readFileSync(tokenFile, "utf8").trim()}`];
  return {
    header: [...Object.entries(headers).map(([name, value]) => `${name}=${value}`), ...token],
    ...(caFile === undefined ? {} : { ca: caFile }),
    ...(certificateFile === undefined ? {} : { cert: certificateFile }),
    ...(keyFile === undefined ? {} : { key: keyFile }),
  };
}
