import { readBuildLog } from "@causeway/bridge/coordinator";
import { openState, storePathFrom, validPath, type StateOptions } from "../compose/state.js";
import { streamOut } from "../output.js";
import { Code, StatusError } from "@causeway/bridge/status";

/** `causeway log`: by derivation, or by an output, whose deriver is asked. */
export async function log(text: string, options: StateOptions): Promise<void> {
  await using state = await openState(options, "read");
  const { path } = storePathFrom(state.storeDir, text.replace(/[!^].*$/, ""));
  const drvPath = path.endsWith(".drv") ? path : (await validPath(state, path)).deriver;
  const contents = drvPath === undefined ? undefined : await readBuildLog(state.store, drvPath);
  if (contents === undefined) throw new StatusError(Code.NotFound, `build log of '${text}' is not available`);
  await streamOut(contents);
}
