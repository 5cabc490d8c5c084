import { type Digest, digestKey } from "@causeway/bridge/digest";
import type { Directory } from "@causeway/bridge/formats";
import { Code, StatusError } from "@causeway/bridge/status";
import type { Store } from "@causeway/bridge/store";
import { INPUT_DEPTH_MAX, type ExecutorLimits } from "../limits.js";
import { readDirectories } from "./read-directories.js";

/** Digests of one `findMissing`. */
const FIND_COUNT = 20_000;

/** Merkle trees as read: every `Directory` message below some roots, each once. */
export interface LoadedTrees {
  /** By `digestKey`. */
  readonly directories: ReadonlyMap<string, Directory>;
  /** Directories and files that the store lacks. */
  readonly missing: readonly Digest[];
}

/**
 * Reads all directories below `roots`, level by level, and asks for their files.
 *
 * @param files Files beside the trees that are asked for too.
 * @throws StatusError InvalidArgument for malformed messages; ResourceExhausted for trees over the limits.
 */
export async function loadTrees(
  store: Store,
  roots: readonly Digest[],
  limits: Pick<ExecutorLimits, "inputEntriesMax">,
  files: readonly Digest[] = [],
): Promise<LoadedTrees> {
  const directories = new Map<string, Directory>();
  const missing: Digest[] = [];
  const wanted = new Map<string, Digest>();
  for (const file of files) wanted.set(digestKey(file), file);
  const seen = new Set<string>();
  let level = unseen(roots, seen);
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > INPUT_DEPTH_MAX) throw tooLarge(`is nested more than ${String(INPUT_DEPTH_MAX)} directories deep`);
    const read = await readDirectories(store, level);
    const next: Digest[] = [];
    for (const [i, directory] of read.entries()) {
      if (directory === undefined) {
        missing.push(level[i]!);
        continue;
      }
      directories.set(digestKey(level[i]!), directory);
      for (const file of directory.files) wanted.set(digestKey(file.digest), file.digest);
      for (const child of directory.directories) next.push(child.digest);
    }
    level = unseen(next, seen);
    if (wanted.size + seen.size > limits.inputEntriesMax)
      throw tooLarge(`has more than ${String(limits.inputEntriesMax)} distinct entries`);
  }
  const digests = [...wanted.values()];
  for (let i = 0; i < digests.length; i += FIND_COUNT)
    missing.push(...(await store.blobs.findMissing(digests.slice(i, i + FIND_COUNT))));
  return { directories, missing };
}

function unseen(digests: readonly Digest[], seen: Set<string>): Digest[] {
  return digests.filter((digest) => {
    const key = digestKey(digest);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function tooLarge(why: string): StatusError {
  return new StatusError(Code.ResourceExhausted, `the input root ${why}`);
}

/** The directory of a digest that {@link loadTrees} has read. */
export function directoryAt(directories: ReadonlyMap<string, Directory>, digest: Digest): Directory {
  const directory = directories.get(digestKey(digest));
  if (directory === undefined) throw new Error(`directory ${digest.hash} was not loaded`);
  return directory;
}
