import { byteStringOf } from "@causeway/bridge/formats";
import { Code, StatusError } from "@causeway/bridge/status";
import { narOf, nodeAt } from "@causeway/bridge/store";
import { openState, storePathFrom, validPath, type StateOptions } from "../compose/state.js";
import { streamOut } from "../output.js";

/** `causeway store export`: of a path, or of something in it, as `nix-store --dump` does. */
export async function storeExport(text: string, options: StateOptions): Promise<void> {
  await using state = await openState(options, "read");
  const { path, rest } = storePathFrom(state.storeDir, text);
  const info = await validPath(state, path);
  const node = await nodeAt(state.store, info.node, byteStringOf(rest));
  if (node === undefined) throw new StatusError(Code.NotFound, `path '${text}' does not exist`);
  await streamOut(narOf(state.store, node));
}
