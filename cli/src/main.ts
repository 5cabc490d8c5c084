import { enableCompileCache } from "node:module";
import { ExitCode } from "./exit-code.js";
import { joinPairs } from "./pair-options.js";
import { createProgram } from "./program.js";
import { report } from "./report.js";

// Compiled code is kept between runs: start-up is most of what a command costs that finds nothing to do.
enableCompileCache();

try {
  await createProgram().parseAsync(joinPairs(process.argv));
} catch (reason) {
  process.exitCode = report(reason);
}
process.exitCode ??= ExitCode.Ok;
