import { examineMachine, type MachineCheck } from "@causeway/executor";
import { impassable, remedyOf } from "../compose/passable.js";
import { stateDirectory } from "../compose/state-directory.js";
import type { StateOptions } from "../compose/state.js";
import { ExitCode } from "../exit-code.js";
import { writeOut } from "../output.js";

/** `causeway doctor`. @returns the exit code: 1 if builds cannot run here. */
export async function doctor(options: StateOptions & { readonly json?: boolean }): Promise<number> {
  const directory = stateDirectory(options.state, process.env);
  const rows = [...(await examineMachine({ stateDirectory: directory, env: process.env })), wayToState(directory)];
  if (options.json === true) await writeOut(`${JSON.stringify(rows)}\n`);
  else
    for (const row of rows) {
      await writeOut(`${row.ok ? "ok  " : "LACK"} ${row.check}: ${row.found}\n`);
      if (!row.ok && row.remedy !== undefined) await writeOut(`     ${row.remedy}\n`);
    }
  return rows.every((row) => row.ok) ? ExitCode.Ok : ExitCode.Error;
}

function wayToState(directory: string): MachineCheck {
  const place = impassable(directory, process.getuid?.());
  return {
    check: "way to the state",
    ok: place === undefined,
    found: place === undefined ? "open to builds" : `builds may not pass through ${place}`,
    ...(place === undefined ? {} : { remedy: remedyOf(place) }),
  };
}
