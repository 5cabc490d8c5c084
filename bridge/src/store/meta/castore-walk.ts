import type { CastoreDirectory, CastoreNode } from "../../formats/castore/index.js";
import { Code, StatusError } from "../../status/index.js";

/**
 * Distinct directories of one tree; Nixpkgs' largest paths have below 200,000. It bounds the memory that a hostile tree can take (a few
 * hundred bytes each).
 */
export const DIRECTORIES_MAX = 2_000_000;

/**
 * Entries of a tree when every shared directory is counted as often as it occurs: what an archive or a checkout of it would hold. A Merkle
 * tree of a few kilobytes can name 2^60 files.
 */
export const ENTRIES_MAX = 100_000_000;

/** After so many directories other work gets its turn. */
const YIELD_EVERY = 256;

/**
 * Visits every directory below a node once, parents before their children, without recursion.
 *
 * @param get a directory by its digest.
 * @param visit called with each; returns `false` to leave out what is below.
 */
export async function walkCastore(
  node: CastoreNode,
  get: (digest: string) => CastoreDirectory | undefined,
  visit: (digest: string, directory: CastoreDirectory | undefined) => boolean,
): Promise<void> {
  if (node.type !== "directory") return;
  const seen = new Set([node.digest]);
  const stack = [node.digest];
  for (let digest = stack.pop(), count = 1; digest !== undefined; digest = stack.pop(), count++) {
    if (count % YIELD_EVERY === 0) await new Promise(setImmediate);
    const directory = get(digest);
    if (!visit(digest, directory) || directory === undefined) continue;
    for (const { node: child } of directory.entries) {
      if (child.type !== "directory" || seen.has(child.digest)) continue;
      seen.add(child.digest);
      stack.push(child.digest);
    }
    checkDirectoryCount(seen.size);
  }
}

/** @throws StatusError ResourceExhausted past the limit. */
export function checkDirectoryCount(count: number): void {
  if (count > DIRECTORIES_MAX)
    throw new StatusError(Code.ResourceExhausted, `a tree of more than ${String(DIRECTORIES_MAX)} directories`);
}
