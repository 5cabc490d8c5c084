import { randomBytes } from "node:crypto";
import { connectCluster, probeCluster, type ClusterConnection, type Verdict } from "@causeway/bridge/cluster";
import { systemWaitingClock } from "@causeway/bridge/coordinator";
import { Code, StatusError } from "@causeway/bridge/status";
import { VERSION } from "../../version.js";
import { channelOptions, pairsOf, type ServerOptions } from "../channel-options.js";
import { findClusterHelper } from "../cluster-helper.js";
import { machineSystem } from "../settings.js";
import type { SavedCluster } from "./verdicts.js";

/** A cluster that does not answer at once need not be waited for as long as one that is to build. */
const UNAVAILABLE_MS = 5_000;

/** How long an action may take by default, in milliseconds. */
export const ATTEMPT_MS = 30_000;

/** How to probe. */
export interface ProbeRun extends SavedCluster {
  readonly server: ServerOptions;
  readonly attemptMs: number;
  readonly signal: AbortSignal;
}

/** Asks a cluster what builds would find there. @throws StatusError that names it if it cannot be asked. */
export async function runProbe({ url, platform, server, attemptMs, signal }: ProbeRun): Promise<Verdict> {
  await using cluster = await connectCluster({
    url,
    channel: channelOptions(server),
    clock: systemWaitingClock,
    random: Math.random,
    limits: { unavailableMs: UNAVAILABLE_MS },
    signal,
  });
  return await probeConnected(cluster, { platform, attemptMs, signal });
}

/** The same over a connection that is there. */
export async function probeConnected(
  cluster: ClusterConnection,
  { platform, attemptMs, signal }: Pick<ProbeRun, "platform" | "attemptMs" | "signal">,
): Promise<Verdict> {
  const helperFile = findClusterHelper();
  if (helperFile === undefined)
    throw new StatusError(
      Code.FailedPrecondition,
      "the helper program was not compiled, which looks around on the cluster; 'causeway doctor' says how",
    );
  return await probeCluster({
    ...{ cluster, helperFile, attemptMs, signal },
    system: machineSystem(),
    platform: pairsOf("--platform", platform).map(([name, value]) => ({ name, value })),
    clock: systemWaitingClock,
    random: (sizeBytes) => randomBytes(sizeBytes),
    toolVersion: VERSION,
  });
}
