import { statSync } from "node:fs";
import { basename, resolve } from "node:path";
import { isHashedInBackground, startHashThread } from "@causeway/bridge/digest";
import { addPath, systemClock } from "@causeway/bridge/store";
import { checkSourceName, registerSource } from "@causeway/bridge/nix";
import { openState, type StateOptions } from "../compose/state.js";
import { writeOut } from "../output.js";

/** `causeway store add`: what `nix-store --add` does. */
export async function storeAdd(path: string, options: StateOptions & { readonly name?: string }): Promise<void> {
  const file = resolve(path);
  const name = options.name ?? basename(file);
  checkSourceName(name);
  // Its start goes on while the state is opened. What is wrong with the path is said when it is read.
  if (isHashedInBackground(statSync(file, { throwIfNoEntry: false })?.size ?? 0)) startHashThread();
  await using state = await openState(options, "write");
  const added = await addPath(state.store, file);
  await writeOut(
    `${await registerSource(state.store, { storeDir: state.storeDir, name, added, nowMs: systemClock.nowMs() })}\n`,
  );
}
