import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { printStorePath } from "@causeway/bridge/formats";
import { checkout, closureOf } from "@causeway/bridge/store";
import { existsSync } from "node:fs";
import { openState, storePathFrom, validPath, type StateOptions } from "../compose/state.js";
import { writeOut } from "../output.js";

/** `causeway store checkout`: each path of the closures at DIR + its full store path. Paths that are there already are left alone. */
export async function storeCheckout(texts: string[], options: StateOptions & { readonly to: string }): Promise<void> {
  await using state = await openState(options, "read");
  const roots = texts.map((text) => storePathFrom(state.storeDir, text).path);
  for (const path of roots) await validPath(state, path);
  const root = resolve(options.to);
  await mkdir(join(root, state.storeDir), { recursive: true });
  for (const info of await closureOf(state.store.pathInfos, roots)) {
    const target = join(root, printStorePath(state.storeDir, info.path));
    if (!existsSync(target)) await checkout(state.store, info.node, target);
  }
  for (const path of roots) await writeOut(`${join(root, printStorePath(state.storeDir, path))}\n`);
}
