import { readFileSync } from "node:fs";
import { availableParallelism, homedir } from "node:os";
import { join } from "node:path";
import { applySetting, buildSettings, parseNixConf, type BuildSettings } from "@causeway/bridge/config";
import { Code, StatusError } from "@causeway/bridge/status";

/** The options of a command line that change settings. */
export interface SettingOptions {
  /** From `--option NAME VALUE`, in order. */
  readonly option?: readonly (readonly [name: string, value: string])[];
  readonly cores?: string;
  readonly maxJobs?: string;
  readonly timeout?: string;
  readonly maxSilentTime?: string;
  readonly logLines?: string;
  readonly keepGoing?: boolean;
  readonly keepFailed?: boolean;
  readonly secretKeyFile?: readonly string[];
  /** Separated by spaces, as in `nix.conf`. */
  readonly substituters?: string;
}

/**
 * The settings in force: system and user `nix.conf`, `$NIX_CONFIG`, then the command line, each over the one before.
 *
 * @throws StatusError InvalidArgument that names the file and line, or the setting.
 */
export function loadSettings(options: SettingOptions, env: NodeJS.ProcessEnv): BuildSettings {
  let raw = new Map<string, string>();
  for (const [name, text] of sources(env)) {
    try {
      raw = parseNixConf(text, raw);
    } catch (cause) {
      throw StatusError.wrap(cause, name, Code.InvalidArgument);
    }
  }
  for (const [name, value] of options.option ?? []) applySetting(raw, name, value);
  const flags: [string, string | undefined][] = [
    ["cores", options.cores],
    ["max-jobs", options.maxJobs],
    ["timeout", options.timeout],
    ["max-silent-time", options.maxSilentTime],
    ["log-lines", options.logLines],
    ["keep-going", options.keepGoing === true ? "true" : undefined],
    ["keep-failed", options.keepFailed === true ? "true" : undefined],
    ["substituters", options.substituters],
    ["secret-key-files", options.secretKeyFile?.join(" ")],
  ];
  for (const [name, value] of flags) if (value !== undefined) raw.set(name, value);
  return buildSettings(raw, { system: machineSystem(), processors: availableParallelism() });
}

/** The system of this machine, as Nix names it. */
export function machineSystem(): string {
  const cpu = { x64: "x86_64", arm64: "aarch64", ia32: "i686" }[process.arch as string] ?? process.arch;
  return `${cpu}-${process.platform}`;
}

/** Source: Nix, `loadConfFile`: the system's file, the user's files (`NIX_USER_CONF_FILES` or the XDG places), `NIX_CONFIG`. */
function* sources(env: NodeJS.ProcessEnv): Generator<[name: string, text: string]> {
  const system = join(env["NIX_CONF_DIR"] ?? "/etc/nix", "nix.conf");
  const configHome = env["XDG_CONFIG_HOME"] ?? join(env["HOME"] ?? homedir(), ".config");
  const user = env["NIX_USER_CONF_FILES"]?.split(":") ?? [join(configHome, "nix/nix.conf")];
  for (const file of [system, ...user]) {
    const text = readIfThere(file);
    if (text !== undefined) yield [file, text];
  }
  if (env["NIX_CONFIG"] !== undefined) yield ["$NIX_CONFIG", env["NIX_CONFIG"]];
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw StatusError.wrap(cause, `reading ${file}`);
  }
}
