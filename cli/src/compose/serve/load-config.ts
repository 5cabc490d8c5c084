import { readFileSync } from "node:fs";
import { readServeConfig, type ReadServeConfig } from "@causeway/bridge/config/serve";
import { StatusError } from "@causeway/bridge/status";

/** What the command line of `causeway serve` says. */
export interface ServeOptions {
  readonly config?: string;
  readonly state?: string;
  readonly listen?: string;
  readonly http?: string;
  readonly json?: boolean;
}

/**
 * The configuration in force: the file of `--config` or `$CAUSEWAY_CONFIG`, the environment, then the command line.
 *
 * @throws StatusError NotFound for a file that is not there; InvalidArgument with one line for each problem.
 */
export function loadServeConfig(options: ServeOptions, environment: NodeJS.ProcessEnv): ReadServeConfig {
  const said = environment["CAUSEWAY_CONFIG"];
  const name = options.config ?? (said === "" ? undefined : said);
  const file = name === undefined ? undefined : { name, text: readText(name) };
  return readServeConfig({
    ...(file === undefined ? {} : { file }),
    environment,
    options: (["state", "listen", "http"] as const).flatMap((key) => {
      const value = options[key];
      return value === undefined ? [] : [{ name: `--${key}`, key, value }];
    }),
  });
}

function readText(name: string): string {
  try {
    return readFileSync(name, "utf8");
  } catch (cause) {
    throw StatusError.wrap(cause, "reading the configuration");
  }
}
