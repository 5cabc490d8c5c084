import { narOf } from "@causeway/bridge/store";
import { openState, storePathFrom, validPath, type StateOptions } from "../compose/state.js";
import { streamOut } from "../output.js";

/** `causeway store export`. */
export async function storeExport(text: string, options: StateOptions): Promise<void> {
  await using state = await openState(options, "read");
  const info = await validPath(state, storePathFrom(state.storeDir, text).path);
  await streamOut(narOf(state.store, info.node));
}
