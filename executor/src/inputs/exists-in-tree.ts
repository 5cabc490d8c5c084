import type { Digest } from "@causeway/bridge/digest";
import type { ByteString, Directory } from "@causeway/bridge/formats";
import type { Store } from "@causeway/bridge/store";
import { readDirectories } from "./read-directories.js";

/** As the kernel: more symlinks on one way are taken for a circle. */
const SYMLINKS_MAX = 40;
/** Names on one way, those of symlinks' targets included. PATH_MAX allows half as many in one path. */
const STEPS_MAX = 4096;

/**
 * Whether there is a file at a path of a Merkle tree that is seen as `/`. Symlinks are followed; directories that the store lacks hold nothing.
 *
 * @throws StatusError InvalidArgument if a directory is malformed.
 */
export async function existsInTree(store: Store, root: Digest, path: ByteString): Promise<boolean> {
  const names = path.split("/") as ByteString[];
  const way: (Directory | undefined)[] = [await read(store, root)];
  let symlinks = 0;
  for (let steps = 0; names.length > 0 && steps < STEPS_MAX; steps++) {
    const name = names.shift()!;
    if (name === "" || name === ".") continue;
    if (name === "..") {
      if (way.length > 1) way.pop();
      continue;
    }
    const directory = way.at(-1);
    if (directory?.files.some((file) => file.name === name) === true) return names.length === 0;
    const child = directory?.directories.find((entry) => entry.name === name);
    if (child !== undefined) {
      way.push(await read(store, child.digest));
      continue;
    }
    const link = directory?.symlinks.find((entry) => entry.name === name);
    if (link === undefined || ++symlinks > SYMLINKS_MAX) return false;
    if (link.target.startsWith("/")) way.length = 1;
    names.unshift(...(link.target.split("/") as ByteString[]));
  }
  return false;
}

async function read(store: Store, digest: Digest): Promise<Directory | undefined> {
  return (await readDirectories(store, [digest]))[0];
}
