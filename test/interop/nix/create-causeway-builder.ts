import { join } from "node:path";
import type { Builder } from "./builder.ts";
import { parsePathInfos } from "./path-info.ts";
import { runProgram } from "./run-program.ts";
import { nixEnvironment, optionArguments } from "./settings.ts";

/** The program under test: `$CAUSEWAY_PROGRAM`, or the one of this repository. */
export const CAUSEWAY =
  process.env["CAUSEWAY_PROGRAM"] ?? join(import.meta.dirname, "..", "..", "..", "cli", "bin", "causeway");

/**
 * Causeway on the private state `state`. Everything that these tests know of its command line is in this file.
 *
 * @param evaluationRoot root of the store that holds the derivations and their sources.
 * @param where says that builds run elsewhere: `--remote URL` and what goes with it.
 */
export function createCausewayBuilder(
  state: string,
  home: string,
  evaluationRoot: string,
  where: readonly string[] = [],
): Builder {
  const env = { ...nixEnvironment(home), NIX_REMOTE: evaluationRoot };
  const pathInfos: Builder["pathInfos"] = async (paths) => {
    if (paths.length === 0) return new Map();
    const ended = await runProgram([CAUSEWAY, "path-info", "--state", state, "--json", ...paths], { env });
    if (ended.exit === 0) return parsePathInfos(ended.stdout);
    // One of several may be missing: ask for each half. A single one that is refused is not valid.
    if (paths.length === 1) return new Map();
    const middle = paths.length >> 1;
    return new Map([...(await pathInfos(paths.slice(0, middle))), ...(await pathInfos(paths.slice(middle)))]);
  };
  return {
    name: "causeway",
    build({ derivations, options, keepGoing, check, through = [] }) {
      const flags = [...(keepGoing === true ? ["--keep-going"] : []), ...(check === true ? ["--check"] : [])];
      return runProgram(
        [
          ...[...through, CAUSEWAY, "build", "--state", state, ...where],
          ...[...optionArguments(options), ...flags, ...derivations],
        ],
        {
          env: check === true ? { ...env, CORPUS_CHECKING: "1" } : env,
        },
      );
    },
    pathInfos,
  };
}
