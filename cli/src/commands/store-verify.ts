import { verifyStore } from "@causeway/bridge/store";
import { ExitCode } from "../exit-code.js";
import { openState, type StateOptions } from "../compose/state.js";
import { writeOut } from "../output.js";

/** `causeway store verify`. @returns the exit code: 1 if anything is not whole. */
export async function storeVerify(options: StateOptions & { readonly contents?: boolean }): Promise<number> {
  await using state = await openState(options, "write");
  const { problems, checked } = await verifyStore(state.store, { contents: options.contents === true });
  for (const { kind, subject, message } of problems) await writeOut(`${kind} ${subject}: ${message}\n`);
  const summary = Object.entries(checked).map(([what, count]) => `${count} ${what}`);
  process.stderr.write(
    `checked ${summary.join(", ")}: ${problems.length === 0 ? "everything is whole" : `${problems.length} problems`}\n`,
  );
  return problems.length === 0 ? ExitCode.Ok : ExitCode.Error;
}
