import { sandboxShell } from "./machine.ts";

/**
 * What both programs are told, as `NIX_CONFIG`: everything that would otherwise depend on the machine or on the program's own defaults.
 * Settings that one of them does not know, it ignores with a warning.
 */
export const SHARED_SETTINGS: Readonly<Record<string, string>> = {
  "experimental-features": "nix-command ca-derivations",
  substituters: "",
  sandbox: "true",
  "sandbox-fallback": "false",
  "system-features": "benchmark big-parallel nixos-test ca-derivations",
  cores: "4",
  "max-jobs": "2",
  "log-lines": "25",
};

/** Variables that cases with `impureEnvVars` ask for. */
const OUTSIDE = { CORPUS_IMPURE: "from outside" };

/**
 * An environment in which the user's own configuration of Nix plays no part.
 *
 * @param home made by `createHome`.
 */
export function nixEnvironment(
  home: string,
  settings: Readonly<Record<string, string>> = SHARED_SETTINGS,
): NodeJS.ProcessEnv {
  const config = Object.entries({ ...settings, "sandbox-paths": `/bin/sh=${sandboxShell(home)}` }).map(
    ([name, value]) => `${name} = ${value}\n`,
  );
  return {
    PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`,
    HOME: home,
    NIX_CONFIG: config.join(""),
    NIX_CONF_DIR: home,
    NIX_USER_CONF_FILES: "",
    NIX_STATE_DIR: `${home}/nix-state`,
    LC_ALL: "C",
    ...OUTSIDE,
  };
}

/** `--option NAME VALUE …`, which both programs understand. */
export function optionArguments(options: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries(options).flatMap(([name, value]) => ["--option", name, value]);
}
