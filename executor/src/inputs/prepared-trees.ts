import { mkdirSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { type Digest } from "@causeway/bridge/digest";
import { type Directory, byteStringOf } from "@causeway/bridge/formats";
import { StatusError } from "@causeway/bridge/status";
import type { Store } from "@causeway/bridge/store";
import { type HostPath, below, fsPath } from "../host-path.js";
import { canonicaliseTree } from "./canonicalise-tree.js";
import { removeTree } from "./remove-tree.js";
import { type CacheEntry, entryName, openTreeCache } from "./tree-cache.js";
import { ENTRY_BYTES, sharedStyle, systemStyle, writeFiles, writeTree } from "./write-tree.js";

/** Trees and files on this machine's disk that many actions use: each distinct one is written once. */
export interface PreparedTrees extends AsyncDisposable {
  /** What one action uses; none of it is removed before it is given back. */
  lease(): TreeLease;
  /**
   * Makes the output of an action the tree of its digest, which spares writing it again: it gets the look of a shared tree and is moved in.
   * Whoever asks for the tree meanwhile waits for this. What cannot be moved stays where it is.
   */
  adopt(digest: Digest, path: HostPath): Promise<void>;
}

/** The trees of one action. */
export interface TreeLease extends Disposable {
  /** Where the tree is, if it is there. */
  find(digest: Digest): Promise<HostPath | undefined>;
  /** Writes the tree unless it is there. `directories` has every directory of it. */
  prepare(digest: Digest, directories: ReadonlyMap<string, Directory>): Promise<HostPath>;
  /** The same for a single file. */
  prepareFile(digest: Digest, how: { readonly isExecutable: boolean; readonly isSystem: boolean }): Promise<HostPath>;
}

/** What {@link openPreparedTrees} works with. */
export interface PreparedTreesOptions {
  readonly store: Store;
  readonly directory: string;
  /** Unused trees go once there is more than this. */
  readonly sizeBytesMax: number;
  readonly ids: () => string;
}

/**
 * Opens the directory of prepared trees. One executor uses it at a time.
 *
 * Trees are written under another name and renamed, without fsync: after a loss of power their files may be empty. So they are kept by boot
 * of the machine, and those of earlier boots are thrown away.
 *
 * @throws StatusError if the directory cannot be used.
 */
export async function openPreparedTrees(options: PreparedTreesOptions): Promise<PreparedTrees> {
  const { store, directory, ids } = options;
  const bootId = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
  const base = byteStringOf(directory);
  mkdirSync(directory, { recursive: true, mode: 0o711 });
  for (const name of await readdir(directory)) if (name !== bootId) await removeTree(below(base, byteStringOf(name)));
  const home = below(base, byteStringOf(bootId));
  mkdirSync(fsPath(home), { recursive: true, mode: 0o711 });
  const cache = await openTreeCache(home, options.sizeBytesMax, ids);
  const running = new Map<string, Promise<CacheEntry>>();

  /** What `make` made, or what was there, or what somebody else is making. */
  function once(name: string, make: (at: HostPath) => Promise<number>): Promise<CacheEntry> {
    const known = cache.get(name);
    if (known !== undefined) return Promise.resolve(known);
    const started = running.get(name) ?? makeEntry(name, make).finally(() => running.delete(name));
    running.set(name, started);
    return started;
  }

  async function makeEntry(name: string, make: (at: HostPath) => Promise<number>): Promise<CacheEntry> {
    const at = cache.stage();
    try {
      return await cache.add(name, at, await make(at));
    } catch (error) {
      await removeTree(at);
      throw StatusError.wrap(error, "preparing inputs");
    }
  }

  function lease(): TreeLease {
    const used = new Set<CacheEntry>();
    const take = (entry: CacheEntry): HostPath => {
      if (!used.has(entry)) cache.use(entry);
      used.add(entry);
      return entry.path;
    };
    return {
      async find(digest) {
        const name = entryName("d", digest);
        const making = running.get(name);
        if (making !== undefined) await making.catch(() => undefined); // Then it is not there, and we write it.
        const entry = cache.get(name);
        return entry && take(entry);
      },
      async prepare(digest, directories) {
        const write = (path: HostPath): Promise<number> => {
          mkdirSync(fsPath(path), 0o700);
          return writeTree(store, directories, { digest, path }, sharedStyle);
        };
        return take(await once(entryName("d", digest), write));
      },
      async prepareFile(digest, { isExecutable, isSystem }) {
        const write = async (path: HostPath): Promise<number> => {
          await writeFiles(store, [{ path, digest, isExecutable }], isSystem ? systemStyle : sharedStyle);
          return digest.sizeBytes + ENTRY_BYTES;
        };
        const kind = isExecutable ? "x" : "f";
        return take(await once(entryName(isSystem ? (kind.toUpperCase() as "X" | "F") : kind, digest), write));
      },
      [Symbol.dispose]() {
        for (const entry of used) cache.release(entry);
        used.clear();
      },
    };
  }

  async function adopt(digest: Digest, path: HostPath): Promise<void> {
    const name = entryName("d", digest);
    if (cache.get(name) !== undefined || running.has(name)) return;
    const moved = canonicaliseTree(path)
      .then((sizeBytes) => cache.add(name, path, sizeBytes))
      .finally(() => running.delete(name));
    running.set(name, moved);
    await moved.then(
      () => undefined,
      () => undefined, // It was worth trying; the tree is written from the store when it is needed.
    );
  }

  return {
    lease,
    adopt,
    async [Symbol.asyncDispose]() {
      await Promise.allSettled(running.values());
      await cache.idle();
    },
  };
}
