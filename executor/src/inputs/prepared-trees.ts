import { chmodSync, existsSync, mkdirSync, renameSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { type Digest, digestKey } from "@causeway/bridge/digest";
import { type Directory, byteStringOf } from "@causeway/bridge/formats";
import type { Store } from "@causeway/bridge/store";
import { type HostPath, below, fsPath } from "../host-path.js";
import { removeTree } from "./remove-tree.js";
import { sharedStyle, writeTree } from "./write-tree.js";

/** Trees on this machine's disk that many actions mount: each distinct directory is written once. */
export interface PreparedTrees {
  /** Where the tree is, if it is there. Counts as a use. */
  find(digest: Digest): HostPath | undefined;
  /** Writes the tree unless it is there. `directories` has every directory of it. */
  prepare(digest: Digest, directories: ReadonlyMap<string, Directory>): Promise<HostPath>;
  /** A place for {@link adopt}: on the same file system, removed at the next start if left behind. */
  readonly stagingDirectory: HostPath;
  /** Makes a finished tree (owned by us, canonical modes and times) the tree of `digest`. It is moved or removed. */
  adopt(digest: Digest, path: HostPath): Promise<void>;
}

/**
 * Opens the directory of prepared trees.
 *
 * Trees are written under another name and renamed, without fsync: after a loss of power their files may be empty. So they are kept by boot
 * of the machine, and those of earlier boots are thrown away.
 */
export async function openPreparedTrees(store: Store, directory: string, ids: () => string): Promise<PreparedTrees> {
  const bootId = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
  const base = byteStringOf(directory);
  mkdirSync(directory, { recursive: true, mode: 0o711 });
  for (const name of await readdir(directory)) if (name !== bootId) await removeTree(below(base, byteStringOf(name)));
  const home = below(base, byteStringOf(bootId));
  const stagingDirectory = below(home, byteStringOf("staging"));
  await removeTree(stagingDirectory); // What was being written when an earlier process was killed.
  mkdirSync(fsPath(stagingDirectory), { recursive: true, mode: 0o711 });
  const asRoot = process.getuid?.() === 0;
  const known = new Set<string>();
  const running = new Map<string, Promise<HostPath>>();

  function placeOf(digest: Digest): HostPath {
    return below(home, byteStringOf(`${digest.fn}-${digest.hash}`));
  }

  function find(digest: Digest): HostPath | undefined {
    const key = digestKey(digest);
    const place = placeOf(digest);
    if (known.has(key)) return place;
    if (!existsSync(fsPath(place))) return undefined;
    known.add(key);
    return place;
  }

  async function moveIn(digest: Digest, from: HostPath): Promise<void> {
    const place = placeOf(digest);
    try {
      // Moving a directory changes its `..`, for which all but root must be allowed to write to it.
      if (!asRoot) chmodSync(fsPath(from), 0o755);
      renameSync(fsPath(from), fsPath(place));
      if (!asRoot) chmodSync(fsPath(place), sharedStyle.directoryMode);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
      await removeTree(from); // Another process has made the same tree meanwhile.
    }
    known.add(digestKey(digest));
  }

  async function write(digest: Digest, directories: ReadonlyMap<string, Directory>): Promise<HostPath> {
    const staging = below(stagingDirectory, byteStringOf(ids()));
    mkdirSync(fsPath(staging), 0o700);
    try {
      await writeTree(store, directories, { digest, path: staging }, sharedStyle);
      await moveIn(digest, staging);
    } catch (error) {
      await removeTree(staging);
      throw error;
    }
    return placeOf(digest);
  }

  return {
    stagingDirectory,
    find,
    async prepare(digest, directories) {
      const key = digestKey(digest);
      const ready = find(digest) ?? running.get(key);
      if (ready !== undefined) return ready;
      const started = write(digest, directories).finally(() => running.delete(key));
      running.set(key, started);
      return started;
    },
    async adopt(digest, path) {
      if (find(digest) === undefined) await moveIn(digest, path);
      else await removeTree(path);
    },
  };
}
