import type { CastoreNode } from "../../formats/index.js";
import type { NetworkFiles } from "./etc-files.js";

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
  /** The helper program of profiles that use one. */
  readonly helper?: CastoreNode;
  /** Files of `/etc` for builds with network. Default: none beside what Nix writes itself. */
  readonly network?: NetworkFiles;
}
