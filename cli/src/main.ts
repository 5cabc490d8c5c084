import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { ExitCode } from "./exit-code.js";
import { joinPairs } from "./pair-options.js";
import { createProgram } from "./program.js";
import { report } from "./report.js";

// Compiled code is kept between runs: start-up is most of what a command costs that finds nothing to do.
// Not in the common temporary directory, Node's default: whoever can write there could give us code to run.
enableCompileCache(join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "causeway", "compiled"));

// lmdb rejects promises that nobody can reach beside the one that its caller waits for, who reports it.
process.on("unhandledRejection", (reason) => {
  if (!(reason instanceof Error && "commitError" in reason)) process.exit(report(reason));
});

try {
  await createProgram().parseAsync(joinPairs(process.argv));
} catch (reason) {
  process.exitCode = report(reason);
}
process.exitCode ??= ExitCode.Ok;
