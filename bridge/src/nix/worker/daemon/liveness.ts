import type { StorePath } from "../../../formats/index.js";
import type { PathInfo } from "../../../store/index.js";
import type { Daemon } from "./daemon.js";
import type { LinkRoot } from "./link-roots.js";

/** Everything that keeps a path by itself: links that were made, and clients that are there. */
export async function rootsOf({ roots, temporaryRoots }: Daemon): Promise<LinkRoot[]> {
  const temporary = [...temporaryRoots.keys()].map((path) => ({ link: "{temp}", path }));
  return [...(await roots.list()), ...temporary];
}

/** What the roots need, themselves included; sorted. */
export async function livePaths(daemon: Daemon): Promise<ReadonlySet<StorePath>> {
  const live = new Set<StorePath>();
  let level = (await rootsOf(daemon)).map(({ path }) => path);
  while (level.length > 0) {
    const infos = await daemon.store.pathInfos.getMany(level);
    for (const info of infos) if (info !== undefined) live.add(info.path);
    level = [...new Set(infos.flatMap((info) => info?.references ?? []))].filter((path) => !live.has(path));
  }
  return live;
}

/**
 * Paths that nothing alive needs, in an order in which each may go: those that refer to it before it.
 *
 * @param options.only these, with whatever refers to them; all when it is left out.
 * @param options.maxBytes no more are taken when this much is found.
 */
export async function deadPaths(
  { store }: Daemon,
  live: ReadonlySet<StorePath>,
  options: { readonly only: readonly StorePath[] | undefined; readonly maxBytes: number },
): Promise<PathInfo[]> {
  const dead = new Map<StorePath, PathInfo>();
  if (options.only === undefined) {
    for await (const info of store.pathInfos.list()) if (!live.has(info.path)) dead.set(info.path, info);
  } else {
    for (const info of await store.pathInfos.getMany(options.only)) if (info !== undefined) dead.set(info.path, info);
  }
  const chosen: PathInfo[] = [];
  let sizeBytes = 0;
  for (const info of referrersFirst(dead)) {
    if (sizeBytes >= options.maxBytes) break;
    chosen.push(info);
    sizeBytes += info.narSizeBytes;
  }
  return chosen;
}

function referrersFirst(infos: ReadonlyMap<StorePath, PathInfo>): PathInfo[] {
  const done = new Set<StorePath>();
  const order: PathInfo[] = [];
  for (const root of infos.values()) {
    const stack: { readonly info: PathInfo; next: number }[] = [];
    const enter = (info: PathInfo): void => {
      if (done.has(info.path)) return;
      done.add(info.path);
      stack.push({ info, next: 0 });
    };
    enter(root);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const reference = top.info.references[top.next++];
      if (reference === undefined) {
        order.push(top.info);
        stack.pop();
        continue;
      }
      const info = infos.get(reference);
      if (info !== undefined) enter(info);
    }
  }
  return order.reverse();
}
