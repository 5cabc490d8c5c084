import { chmod, mkdir, lstat, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readBuildLog } from "../../../coordinator/index.js";
import type { StorePath } from "../../../formats/index.js";
import { Code, hasCode, StatusError } from "../../../status/index.js";
import { checkout, closureOf, type PathInfo, type Store } from "../../../store/index.js";

/** A store directory of real files beside ours, for clients that read paths from the file system: `unix://…?root=DIR`. */
export interface StoreFiles {
  /** Paths and all that they need are there when it resolves; those that are not valid are passed over. */
  show(paths: Iterable<StorePath>): Promise<void>;
  /** The log of a build is there, if there is one. */
  showLog(drvPath: StorePath): Promise<void>;
  hide(paths: Iterable<StorePath>): Promise<void>;
}

/** Paths written at once. */
const WRITERS_MAX = 8;
/** Logs above this are not written as files. */
const LOG_BYTES_MAX = 256 * 1024 * 1024;

/**
 * Files below `root`, where Nix has them below `/`. A path appears as a whole: it is written beside, and renamed.
 *
 * @param root an absolute path. What is there already is taken for right: nobody else may write there.
 */
export function createStoreFiles(store: Store, storeDir: string, root: string): StoreFiles {
  const directory = join(root, storeDir);
  const shown = new Map<StorePath, Promise<void>>();
  const ready = mkdir(directory, { recursive: true });
  let temporaries = 0;

  async function write(info: PathInfo): Promise<void> {
    const target = join(directory, info.path);
    if (await isThere(target)) return;
    const temporary = join(directory, `.new-${process.pid}-${temporaries++}`);
    try {
      await checkout(store, info.node, temporary);
      await rename(temporary, target);
    } catch (cause) {
      await remove(temporary);
      if (!(await isThere(target))) throw StatusError.wrap(cause, `writing '${target}'`);
    }
  }

  function showOne(info: PathInfo): Promise<void> {
    const known = shown.get(info.path);
    if (known !== undefined) return known;
    const written = write(info);
    shown.set(info.path, written);
    // The next one who asks tries again.
    written.catch(() => shown.delete(info.path));
    return written;
  }

  return {
    async show(paths) {
      const all = [...new Set(paths)];
      const wanted = all.filter((path) => !shown.has(path));
      const infos = await store.pathInfos.getMany(wanted);
      const valid = wanted.filter((_, i) => infos[i] !== undefined);
      const closure = valid.length === 0 ? [] : await closureOf(store.pathInfos, valid);
      await ready;
      for (let at = 0; at < closure.length; at += WRITERS_MAX)
        await Promise.all(closure.slice(at, at + WRITERS_MAX).map(showOne));
      // Others may be writing what was asked for.
      for (const path of all) await shown.get(path);
    },
    async showLog(drvPath) {
      const log = await readBuildLog(store, drvPath);
      if (log === undefined) return;
      const pieces: Uint8Array[] = [];
      let sizeBytes = 0;
      for await (const piece of log) {
        sizeBytes += piece.byteLength;
        if (sizeBytes > LOG_BYTES_MAX) return;
        pieces.push(piece);
      }
      const place = join(root, "nix/var/log/nix/drvs", drvPath.slice(0, 2));
      await mkdir(place, { recursive: true });
      const temporary = join(place, `.new-${process.pid}-${temporaries++}`);
      await writeFile(temporary, Buffer.concat(pieces));
      await rename(temporary, join(place, drvPath.slice(2)));
    },
    async hide(paths) {
      for (const path of paths) {
        await shown.get(path)?.catch(() => undefined); // It is removed, however far it has come.
        shown.delete(path);
        await remove(join(directory, path));
      }
    },
  };
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (cause) {
    const status = StatusError.from(cause);
    if (hasCode(status, Code.NotFound)) return false;
    throw status;
  }
}

/** Directories of a store cannot be written to, not even by their owner, unless that is root. */
async function remove(path: string): Promise<void> {
  try {
    // Never through a symlink: what it leads to is not ours.
    if ((await lstat(path)).isDirectory()) {
      await chmod(path, 0o700);
      for (const entry of await readdir(path, { withFileTypes: true }))
        if (entry.isDirectory()) await remove(join(path, entry.name));
    }
    await rm(path, { recursive: true, force: true });
  } catch (cause) {
    const status = StatusError.from(cause);
    if (!hasCode(status, Code.NotFound)) throw status;
  }
}
