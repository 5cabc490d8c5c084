import { examineMachine } from "@causeway/executor";
import { stateDirectory } from "../compose/state-directory.js";
import type { StateOptions } from "../compose/state.js";
import { ExitCode } from "../exit-code.js";
import { writeOut } from "../output.js";

/** `causeway doctor`. @returns the exit code: 1 if builds cannot run here. */
export async function doctor(options: StateOptions & { readonly json?: boolean }): Promise<number> {
  const directory = stateDirectory(options.state, process.env);
  const rows = await examineMachine({ stateDirectory: directory, env: process.env });
  if (options.json === true) await writeOut(`${JSON.stringify(rows)}\n`);
  else
    for (const row of rows) {
      await writeOut(`${row.ok ? "ok  " : "LACK"} ${row.check}: ${row.found}\n`);
      if (!row.ok && row.remedy !== undefined) await writeOut(`     ${row.remedy}\n`);
    }
  return rows.every((row) => row.ok || row.optional === true) ? ExitCode.Ok : ExitCode.Error;
}
