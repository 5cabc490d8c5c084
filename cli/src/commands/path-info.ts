import { printStorePath, type StorePath } from "@causeway/bridge/formats";
import { closureOf, type PathInfo } from "@causeway/bridge/store";
import { pathInfoJson, type PathInfoJsonFormat } from "@causeway/bridge/nix";
import { openState, storePathFrom, validPath, type StateOptions } from "../compose/state.js";
import { writeOut } from "../output.js";

interface PathInfoOptions extends StateOptions {
  readonly recursive?: boolean;
  readonly json?: boolean;
  readonly jsonFormat?: PathInfoJsonFormat;
  readonly size?: boolean;
  readonly closureSize?: boolean;
  readonly sigs?: boolean;
}

/** `causeway path-info`. */
export async function pathInfo(texts: string[], options: PathInfoOptions): Promise<void> {
  await using state = await openState(options, "read");
  const roots: PathInfo[] = [];
  for (const text of texts) roots.push(await validPath(state, storePathFrom(state.storeDir, text).path));
  const infos =
    options.recursive === true
      ? await closureOf(
          state.store.pathInfos,
          roots.map((info) => info.path),
        )
      : roots;
  const closureSizes = options.closureSize === true ? await sizesOf(infos) : new Map<StorePath, number>();
  if (options.json === true) {
    await writeOut(`${JSON.stringify(pathInfoJson(state.storeDir, infos, options.jsonFormat ?? "0", closureSizes))}\n`);
    return;
  }
  for (const info of infos) {
    const columns = [printStorePath(state.storeDir, info.path)];
    if (options.size === true) columns.push(String(info.narSizeBytes).padStart(11));
    if (options.closureSize === true) columns.push(String(closureSizes.get(info.path)).padStart(11));
    if (options.sigs === true) columns.push([...(info.ultimate ? ["ultimate"] : []), ...info.signatures].join(" "));
    await writeOut(`${columns.join("\t")}\n`);
  }

  async function sizesOf(of: readonly PathInfo[]): Promise<Map<StorePath, number>> {
    const sizes = new Map<StorePath, number>();
    for (const info of of) {
      const closure = await closureOf(state.store.pathInfos, [info.path]);
      sizes.set(
        info.path,
        closure.reduce((sum, member) => sum + member.narSizeBytes, 0),
      );
    }
    return sizes;
  }
}
