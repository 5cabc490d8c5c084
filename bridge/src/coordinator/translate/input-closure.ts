import type { StorePath } from "../../formats/index.js";
import { Code, StatusError } from "../../status/index.js";
import type { PathInfo, PathInfoStore } from "../../store/index.js";

/** Paths in a closure. A system image has some ten thousand; more is a loop in somebody's data or an attempt on our memory. */
const CLOSURE_PATHS_MAX = 1_000_000;

/**
 * The closure of `roots` under references, sorted by path.
 *
 * @throws StatusError FailedPrecondition if a path of it is not valid.
 */
export async function closureOf(
  pathInfos: PathInfoStore,
  roots: Iterable<StorePath>,
): Promise<ReadonlyMap<StorePath, PathInfo>> {
  const found = new Map<StorePath, PathInfo>();
  const seen = new Set(roots);
  let wave = [...seen];
  while (wave.length > 0) {
    const infos = await pathInfos.getMany(wave);
    const next: StorePath[] = [];
    for (const [i, info] of infos.entries()) {
      if (info === undefined) throw new StatusError(Code.FailedPrecondition, `path '${wave[i]!}' is not valid`);
      found.set(info.path, info);
      for (const reference of info.references)
        if (!seen.has(reference)) {
          seen.add(reference);
          next.push(reference);
        }
    }
    if (seen.size > CLOSURE_PATHS_MAX)
      throw new StatusError(Code.ResourceExhausted, `a closure has more than ${CLOSURE_PATHS_MAX} paths`);
    wave = next;
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The part of a known closure that some of its paths reach, sorted. */
export function subclosure(known: ReadonlyMap<StorePath, PathInfo>, roots: Iterable<StorePath>): readonly PathInfo[] {
  const reached = new Set(roots);
  for (const path of reached) for (const reference of known.get(path)?.references ?? []) reached.add(reference);
  return [...reached]
    .sort()
    .map((path) => known.get(path))
    .filter((info) => info !== undefined);
}
