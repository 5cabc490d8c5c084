import type { StorePath } from "../../formats/store-path/store-path.js";
import { Code, StatusError } from "../../status/index.js";
import type { PathInfo, PathInfoStore } from "../path-info-store.js";

/**
 * The path infos of everything that `roots` need to work, themselves included, sorted by path.
 *
 * @throws StatusError NotFound if a path is not valid.
 */
export async function closureOf(pathInfos: PathInfoStore, roots: Iterable<StorePath>): Promise<PathInfo[]> {
  const found = new Map<StorePath, PathInfo>();
  const seen = new Set(roots);
  let level = [...seen];
  while (level.length > 0) {
    const infos = await pathInfos.getMany(level);
    const next: StorePath[] = [];
    for (const [i, info] of infos.entries()) {
      if (info === undefined) throw new StatusError(Code.NotFound, `path '${level[i]!}' is not valid`);
      found.set(info.path, info);
      for (const reference of info.references) {
        if (seen.has(reference)) continue;
        seen.add(reference);
        next.push(reference);
      }
    }
    level = next;
  }
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * Why `from` needs `to`: a shortest chain of references from one to the other, both included; `undefined` if it does not.
 *
 * @throws StatusError NotFound if a path on the way is not valid.
 */
export async function whyDepends(
  pathInfos: PathInfoStore,
  from: StorePath,
  to: StorePath,
): Promise<StorePath[] | undefined> {
  const cameFrom = new Map<StorePath, StorePath | undefined>([[from, undefined]]);
  let level = [from];
  while (level.length > 0 && !cameFrom.has(to)) {
    const infos = await pathInfos.getMany(level);
    const next: StorePath[] = [];
    for (const [i, info] of infos.entries()) {
      if (info === undefined) throw new StatusError(Code.NotFound, `path '${level[i]!}' is not valid`);
      for (const reference of info.references) {
        if (cameFrom.has(reference)) continue;
        cameFrom.set(reference, info.path);
        next.push(reference);
      }
    }
    level = next;
  }
  if (!cameFrom.has(to)) return undefined;
  const chain: StorePath[] = [];
  for (let path: StorePath | undefined = to; path !== undefined; path = cameFrom.get(path)) chain.unshift(path);
  return chain;
}
