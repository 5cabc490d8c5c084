import { formatContentAddress, printStorePath, type StorePath } from "@causeway/bridge/formats";
import { closureOf, type PathInfo } from "@causeway/bridge/store";
import { pathInfoJson, type PathInfoJsonFormat } from "@causeway/bridge/nix";
import { openState, storePathFrom, validPath, type StateOptions } from "../compose/state.js";
import { writeOut } from "../output.js";

/** What its command line says. */
export interface PathInfoOptions extends StateOptions {
  readonly recursive?: boolean;
  readonly json?: boolean;
  readonly jsonFormat?: PathInfoJsonFormat;
  readonly size?: boolean;
  readonly closureSize?: boolean;
  readonly sigs?: boolean;
}

/** `causeway path-info`: the order and the columns of `nix path-info`. */
export async function pathInfo(texts: string[], options: PathInfoOptions): Promise<void> {
  await using state = await openState(options, "read");
  const roots: PathInfo[] = [];
  for (const text of texts) roots.push(await validPath(state, storePathFrom(state.storeDir, text).path));
  const asked = [...new Set(roots.map((info) => info.path))];
  const closure = options.recursive === true ? await closureOf(state.store.pathInfos, asked) : roots;
  const infos = [...new Map(closure.map((info) => [info.path, info])).values()].sort((a, b) =>
    a.path < b.path ? -1 : 1,
  );
  const closureSizes = options.closureSize === true ? await sizesOf(infos) : new Map<StorePath, number>();
  if (options.json === true) {
    await writeOut(`${JSON.stringify(pathInfoJson(state.storeDir, infos, options.jsonFormat ?? "0", closureSizes))}\n`);
    return;
  }
  const withColumns = options.size === true || options.closureSize === true || options.sigs === true;
  const width = withColumns ? Math.max(...infos.map(({ path }) => path.length)) + state.storeDir.length + 1 : 0;
  for (const info of options.recursive === true ? dependenciesFirst(infos) : infos) {
    const columns = [printStorePath(state.storeDir, info.path).padEnd(width)];
    if (options.size === true) columns.push(String(info.narSizeBytes).padStart(11));
    if (options.closureSize === true) columns.push(String(closureSizes.get(info.path)).padStart(11));
    if (options.sigs === true) columns.push(marksOf(info).join(" "));
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

/** Why a path is trusted. */
function marksOf({ ultimate, ca, signatures }: PathInfo): string[] {
  return [
    ...(ultimate ? ["ultimate"] : []),
    ...(ca === undefined ? [] : [`ca:${formatContentAddress(ca)}`]),
    ...signatures,
  ];
}

/** References before those who refer to them; otherwise in the given order. */
function dependenciesFirst(infos: readonly PathInfo[]): PathInfo[] {
  const byPath = new Map(infos.map((info) => [info.path, info]));
  const ordered = new Set<PathInfo>();
  const entered = new Set<StorePath>();
  // A stack of our own: chains of references are deeper than that of calls may be.
  const stack = infos.map((info) => ({ info, leave: false })).reverse();
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { info, leave } = top;
    if (leave) ordered.add(info);
    if (leave || entered.has(info.path)) continue;
    entered.add(info.path);
    stack.push({ info, leave: true });
    for (const path of info.references.toReversed()) {
      const reference = byPath.get(path);
      if (reference !== undefined && !entered.has(path)) stack.push({ info: reference, leave: false });
    }
  }
  return [...ordered];
}
