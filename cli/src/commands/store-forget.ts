import { openState, storePathFrom, validPath, type StateOptions } from "../compose/state.js";

/** `causeway store forget`. */
export async function storeForget(texts: string[], options: StateOptions): Promise<void> {
  await using state = await openState(options, "write");
  const paths = texts.map((text) => storePathFrom(state.storeDir, text).path);
  for (const path of paths) await validPath(state, path);
  await state.store.pathInfos.forget(paths);
}
