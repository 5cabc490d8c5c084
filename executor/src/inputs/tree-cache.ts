import { renameSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { type Digest } from "@causeway/bridge/digest";
import { byteStringOf } from "@causeway/bridge/formats";
import { type HostPath, below, fsPath } from "../host-path.js";
import { removeTree } from "./remove-tree.js";

/** A tree or file that is ready. */
export interface CacheEntry {
  readonly path: HostPath;
  readonly sizeBytes: number;
  /** How many actions use it now. */
  uses: number;
  /** Grows with each use of any entry. */
  lastUse: number;
}

/** What a directory of prepared trees holds: names tell digests and sizes, so that nothing has to be measured at the start. */
export interface TreeCache {
  get(name: string): CacheEntry | undefined;
  /** Moves a finished tree or file in. Entries that nobody uses go, least recently used first, once the whole is over its budget. */
  add(name: string, from: HostPath, sizeBytes: number): Promise<CacheEntry>;
  /** Notes a use of an entry by an action. */
  use(entry: CacheEntry): void;
  release(entry: CacheEntry): void;
  /** A name for something that is being made. It lies beside the entries: a read-only directory cannot be moved to another parent. */
  stage(): HostPath;
  /** Resolves when nothing is being removed. */
  idle(): Promise<void>;
}

/** What a digest stands for: a directory, or a file, whether executable or not, in the shared or (capital) the system style. */
export type EntryKind = "d" | "f" | "x" | "F" | "X";

/** The name of an entry. */
export function entryName(kind: EntryKind, digest: Digest): string {
  return `${kind}-${digest.fn}-${digest.hash}`;
}

const ENTRY = /^([dfxFX]-(?:blake3|sha256)-[0-9a-f]{64})-(\d{1,15})$/;

/**
 * Opens a cache of trees. What an earlier process was making or removing when it was killed goes first.
 *
 * @param directory exists, and has no other user.
 */
export async function openTreeCache(directory: HostPath, sizeBytesMax: number, ids: () => string): Promise<TreeCache> {
  const entries = new Map<string, CacheEntry>();
  const removals = new Set<Promise<void>>();
  let total = 0;
  let clock = 0;
  for (const file of await readdir(fsPath(directory), "latin1")) {
    const path = below(directory, file as HostPath);
    const [, name, size] = ENTRY.exec(file) ?? [];
    if (name === undefined) {
      await removeTree(path);
      continue;
    }
    entries.set(name, { path, sizeBytes: Number(size), uses: 0, lastUse: 0 });
    total += Number(size);
  }

  function stage(): HostPath {
    return below(directory, byteStringOf(`new-${ids()}`));
  }

  function evict(): void {
    if (total <= sizeBytesMax) return;
    const idle = [...entries].filter(([, entry]) => entry.uses === 0).sort(([, a], [, b]) => a.lastUse - b.lastUse);
    for (const [name, entry] of idle) {
      if (total <= sizeBytesMax) return;
      const doomed = stage();
      renameSync(fsPath(entry.path), fsPath(doomed));
      entries.delete(name);
      total -= entry.sizeBytes;
      discard(doomed);
    }
  }

  function discard(path: HostPath): void {
    const removal = removeTree(path)
      .catch(() => undefined) // What is left goes at the next start.
      .finally(() => removals.delete(removal));
    removals.add(removal);
  }

  return {
    stage,
    get: (name) => entries.get(name),
    async add(name, from, sizeBytes) {
      const known = entries.get(name);
      if (known !== undefined) {
        discard(from);
        return known;
      }
      const entry = {
        path: below(directory, byteStringOf(`${name}-${sizeBytes}`)),
        sizeBytes,
        uses: 0,
        lastUse: ++clock,
      };
      renameSync(fsPath(from), fsPath(entry.path));
      entries.set(name, entry);
      total += sizeBytes;
      setImmediate(evict); // Later, so that whoever waits for this entry has taken it.
      return entry;
    },
    use(entry) {
      entry.uses++;
      entry.lastUse = ++clock;
    },
    release(entry) {
      entry.uses--;
      if (entry.uses === 0) evict();
    },
    async idle() {
      await Promise.all(removals);
    },
  };
}
