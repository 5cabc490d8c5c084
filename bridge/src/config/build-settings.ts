import { Code, StatusError } from "../status/index.js";
import { DEFAULT_PUBLIC_KEY } from "./nix-conf.js";

/** What a user can say about how builds run. Names and meanings are those of nix.conf. */
export interface BuildSettings {
  /**
   * `NIX_BUILD_CORES` of every build. A constant unless the user says otherwise, because it is part of the action's digest: equal
   * builds on different machines must have equal keys.
   */
  readonly cores: number;
  /** How many derivations build at once. */
  readonly maxJobs: number;
  /** Zero: no limit. */
  readonly timeoutMs: number;
  readonly maxSilentMs: number;
  readonly maxLogBytes: number;
  /** How many of the last log lines a failure shows. */
  readonly logLines: number;
  readonly keepGoing: boolean;
  readonly keepFailed: boolean;
  /** Systems that can be built for, the machine's own first. */
  readonly systems: readonly string[];
  /** Absent: what the machine can do. */
  readonly systemFeatures?: readonly string[];
  /** The host's file that appears as `/bin/sh` in the sandbox; `none` when the user switched it off. */
  readonly sandboxShell?: string;
  readonly secretKeyFiles: readonly string[];
  /** Whose signatures make a path from elsewhere trusted: `name:base64`. */
  readonly trustedPublicKeys: readonly string[];
  readonly substitution: SubstitutionSettings;
  readonly hashedMirrors: readonly string[];
  readonly netrcFile?: string;
  readonly caBundleFile?: string;
}

/** From where paths are fetched instead of being built. Names and meanings are those of nix.conf. */
export interface SubstitutionSettings {
  /**
   * URLs of binary caches. Only those that somebody has named: Nix's own default, the public cache, would make every build of a machine
   * without network wait for it.
   */
  readonly substituters: readonly string[];
  /** `substitute`: whether anything is fetched. */
  readonly isEnabled: boolean;
  /** Fetch also what a derivation says is not worth it (`allowSubstitutes = false`). */
  readonly always: boolean;
  /** Take only what a trusted key has signed, or what its content address proves. */
  readonly requireSignatures: boolean;
  readonly positiveTtlMs: number;
  readonly negativeTtlMs: number;
  /** How long a cache may take to answer a connection. */
  readonly connectTimeoutMs: number;
  /** How long one that has answered may say nothing. */
  readonly stalledTimeoutMs: number;
  readonly attemptsMax: number;
  /** Connections to one cache. */
  readonly connectionsMax: number;
}

/** Four: what most builds can use, and the same on every machine. */
const DEFAULT_CORES = 4;
/** What no limit on connections means here: more than any server takes from one client. */
const UNLIMITED_CONNECTIONS = 1_000;
/** As Nix since 2.24. */
const DEFAULT_LOG_LINES = 25;

/**
 * Typed settings from the text ones.
 *
 * @param machine what this machine is: its system, e.g. `x86_64-linux`, and its number of processors.
 * @throws StatusError InvalidArgument that names the setting.
 */
export function buildSettings(
  raw: ReadonlyMap<string, string>,
  machine: { readonly system: string; readonly processors: number },
): BuildSettings {
  const number = (name: string, fallback: number): number => {
    const text = raw.get(name);
    if (text === undefined) return fallback;
    if (!/^\d{1,12}$/.test(text)) throw refuse(name, text, "a whole number");
    return Number(text);
  };
  const flag = (name: string, fallback = false): boolean => {
    const text = raw.get(name) ?? String(fallback);
    if (text !== "true" && text !== "false") throw refuse(name, text, "true or false");
    return text === "true";
  };
  const list = (name: string): string[] => (raw.get(name) ?? "").split(" ").filter((word) => word !== "");
  const features = raw.has("system-features") ? list("system-features") : undefined;
  const shell = sandboxShell(list("sandbox-paths"));
  const netrc = raw.get("netrc-file");
  const bundle = raw.get("ssl-cert-file");
  return {
    cores: number("cores", DEFAULT_CORES),
    maxJobs: raw.get("max-jobs") === "auto" ? machine.processors : Math.max(1, number("max-jobs", machine.processors)),
    timeoutMs: number("timeout", 0) * 1000,
    maxSilentMs: number("max-silent-time", 0) * 1000,
    maxLogBytes: number("max-build-log-size", 0),
    logLines: number("log-lines", DEFAULT_LOG_LINES),
    keepGoing: flag("keep-going"),
    keepFailed: flag("keep-failed"),
    systems: [...new Set([raw.get("system") ?? machine.system, ...list("extra-platforms")])],
    ...(features === undefined ? {} : { systemFeatures: features }),
    ...(shell === undefined ? {} : { sandboxShell: shell }),
    secretKeyFiles: list("secret-key-files"),
    trustedPublicKeys: raw.has("trusted-public-keys") ? list("trusted-public-keys") : [DEFAULT_PUBLIC_KEY],
    substitution: {
      substituters: [...new Set(list("substituters"))],
      isEnabled: flag("substitute", true),
      always: flag("always-allow-substitutes"),
      requireSignatures: flag("require-sigs", true),
      positiveTtlMs: number("narinfo-cache-positive-ttl", 30 * 24 * 3600) * 1000,
      negativeTtlMs: number("narinfo-cache-negative-ttl", 3600) * 1000,
      // As Nix since 2.19; before, it waited for as long as the system does.
      connectTimeoutMs: (number("connect-timeout", 5) || 5) * 1000,
      stalledTimeoutMs: (number("stalled-download-timeout", 300) || 300) * 1000,
      attemptsMax: Math.max(1, number("download-attempts", 5)),
      connectionsMax: number("http-connections", 25) || UNLIMITED_CONNECTIONS,
    },
    hashedMirrors: list("hashed-mirrors"),
    ...(netrc === undefined ? {} : { netrcFile: netrc }),
    ...(bundle === undefined ? {} : { caBundleFile: bundle }),
  };
}

/** Of `sandbox-paths`, the shell is what we can give: anything else would make builds depend on the machine. */
function sandboxShell(paths: readonly string[]): string | undefined {
  for (const path of paths) {
    const [target, source] = path.replace(/\?$/, "").split("=", 2);
    if (target === "/bin/sh") return source ?? target;
    throw new StatusError(
      Code.InvalidArgument,
      `setting 'sandbox-paths': '${path}' cannot be given to builds; only '/bin/sh=FILE' can, a statically linked shell`,
    );
  }
  return undefined;
}

function refuse(name: string, text: string, wanted: string): StatusError {
  return new StatusError(Code.InvalidArgument, `setting '${name}' has the value '${text}', but must be ${wanted}`);
}
