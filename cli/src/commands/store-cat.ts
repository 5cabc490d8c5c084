import { byteStringOf } from "@causeway/bridge/formats";
import { digestOfFile, nodeAt } from "@causeway/bridge/store";
import { Code, StatusError } from "@causeway/bridge/status";
import { openState, storePathFrom, validPath, type StateOptions } from "../compose/state.js";
import { streamOut } from "../output.js";

/** `causeway store cat`. */
export async function storeCat(text: string, options: StateOptions): Promise<void> {
  await using state = await openState(options, "read");
  const { path, rest } = storePathFrom(state.storeDir, text);
  const info = await validPath(state, path);
  const node = await nodeAt(state.store, info.node, byteStringOf(rest));
  if (node === undefined) throw new StatusError(Code.NotFound, `path '${text}' does not exist`);
  if (node.type !== "file") throw new StatusError(Code.InvalidArgument, `path '${text}' is not a regular file`);
  await streamOut(state.store.blobs.read(digestOfFile(node)));
}
