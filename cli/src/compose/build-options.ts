import type { BuildSettings } from "@causeway/bridge/config";
import type { BuildOptions } from "@causeway/bridge/coordinator";
import type { BuildPlace } from "./coordinator.js";

/** What the settings say of every build. A limit of 0 is none, as in `nix.conf`. */
export function buildOptionsOf(
  settings: BuildSettings,
  place: BuildPlace,
): Pick<
  BuildOptions,
  "keepGoing" | "keepFailed" | "maxJobs" | "timeoutMs" | "maxSilentMs" | "maxLogBytes" | "logLines"
> {
  const limit = (value: number): number | undefined => (value === 0 ? undefined : value);
  return {
    keepGoing: settings.keepGoing,
    keepFailed: settings.keepFailed,
    maxJobs: place.jobsMax,
    timeoutMs: limit(settings.timeoutMs),
    maxSilentMs: limit(settings.maxSilentMs),
    maxLogBytes: limit(settings.maxLogBytes),
    logLines: settings.logLines,
  };
}
