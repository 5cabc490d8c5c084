import { findValidOutputs } from "../../../coordinator/index.js";
import type { StorePath } from "../../../formats/index.js";
import type { Call } from "../call.js";
import { parseDerivedPath } from "../wire/derived-path.js";
import { writePaths } from "../wire/values.js";

/** What would be built, and what nobody knows how to make. Source: Nix, `queryMissing` in src/libstore/misc.cc. */
export async function queryMissing({ reader, daemon, session, reply }: Call): Promise<undefined> {
  const { store, storeDir, derivations } = daemon;
  const texts = await reader.list("paths", () => reader.text("path"));
  const willBuild = new Set<StorePath>();
  const unknown = new Set<StorePath>();
  const pending: { readonly drvPath: StorePath; readonly outputs: "all" | readonly string[] }[] = [];
  for (const text of texts) {
    const request = parseDerivedPath(storeDir, text, session.minor);
    if (request.type === "built") pending.push(request);
    else if ((await store.pathInfos.get(request.path)) === undefined) unknown.add(request.path);
  }
  const seen = new Set<string>();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { drvPath, outputs } = next;
    const key = `${drvPath}!${outputs === "all" ? "*" : outputs.join(",")}`;
    if (seen.has(key)) continue;
    seen.add(key);
    if ((await store.pathInfos.get(drvPath)) === undefined) {
      unknown.add(drvPath);
      continue;
    }
    const drv = await derivations.load(drvPath);
    const valid = await findValidOutputs(store.pathInfos, drvPath, drv.outputs);
    const wanted = outputs === "all" ? [...drv.outputs.keys()] : outputs;
    if (wanted.every((name) => valid.has(name)) || willBuild.has(drvPath)) continue;
    willBuild.add(drvPath);
    for (const [input, wantedOf] of drv.inputDrvs) pending.push({ drvPath: input, outputs: wantedOf.outputs });
  }
  writePaths(reply, storeDir, willBuild);
  reply.number(0); // Nothing is substituted,
  writePaths(reply, storeDir, unknown);
  reply.number(0).number(0); // and so nothing is downloaded.
  return undefined;
}
