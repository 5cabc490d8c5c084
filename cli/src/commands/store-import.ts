import { checkSourceName, registerSource } from "@causeway/bridge/nix";
import { importNar, systemClock } from "@causeway/bridge/store";
import { openState, type StateOptions } from "../compose/state.js";
import { writeOut } from "../output.js";

/** `causeway store import`: an archive carries no references, so its path is that of a source. */
export async function storeImport(options: StateOptions & { readonly name: string }): Promise<void> {
  checkSourceName(options.name);
  await using state = await openState(options, "write");
  const added = await importNar(state.store, process.stdin);
  await writeOut(
    `${await registerSource(state.store, { storeDir: state.storeDir, name: options.name, added, nowMs: systemClock.nowMs() })}\n`,
  );
}
