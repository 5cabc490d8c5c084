import type { StorePath } from "../../formats/index.js";
import type { PathInfo } from "../../store/index.js";

/** The part of a known closure that some of its paths reach, sorted. */
export function subclosure(known: ReadonlyMap<StorePath, PathInfo>, roots: Iterable<StorePath>): readonly PathInfo[] {
  const reached = new Set(roots);
  for (const path of reached) for (const reference of known.get(path)?.references ?? []) reached.add(reference);
  return [...reached]
    .sort()
    .map((path) => known.get(path))
    .filter((info) => info !== undefined);
}
