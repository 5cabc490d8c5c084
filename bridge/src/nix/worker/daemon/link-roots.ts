import { createHash } from "node:crypto";
import { mkdir, readdir, readlink, rm, symlink } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { splitStorePath, StorePathError, type StorePath } from "../../../formats/index.js";
import { Code, StatusError } from "../../../status/index.js";

/** A link in the file system that keeps a path from being collected. */
export interface LinkRoot {
  readonly link: string;
  readonly path: StorePath;
}

/** Links that keep paths, wherever clients have made them. */
export interface LinkRoots {
  /** From now on the link counts, as long as it is there and leads into the store. */
  add(link: string): Promise<void>;
  list(): Promise<LinkRoot[]>;
}

/**
 * Roots remembered as Nix does it: a directory of links to the links.
 *
 * Source: Nix, `addIndirectRoot` and `findRoots` in src/libstore/gc.cc.
 */
export function createLinkRoots(directory: string, storeDir: string): LinkRoots {
  return {
    async add(link) {
      if (!isAbsolute(link) || link.includes("\0"))
        throw new StatusError(Code.InvalidArgument, `path '${link}' is not absolute`);
      await mkdir(directory, { recursive: true });
      try {
        await symlink(link, join(directory, createHash("sha1").update(link).digest("hex")));
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw StatusError.from(cause);
      }
    },
    async list() {
      const roots: LinkRoot[] = [];
      for (const name of await entriesOf(directory)) {
        const link = await readlink(join(directory, name));
        const path = await targetOf(link, storeDir);
        if (path !== undefined) roots.push({ link, path });
        else if (!(await isThere(link))) await rm(join(directory, name), { force: true });
      }
      return roots;
    },
  };
}

async function entriesOf(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).sort();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw StatusError.from(cause);
  }
}

async function targetOf(link: string, storeDir: string): Promise<StorePath | undefined> {
  try {
    return splitStorePath(storeDir, await readlink(link)).path;
  } catch (cause) {
    if (cause instanceof StorePathError || isAbsence(cause)) return undefined;
    throw StatusError.from(cause);
  }
}

async function isThere(link: string): Promise<boolean> {
  try {
    await readlink(link);
    return true;
  } catch (cause) {
    return !isAbsence(cause);
  }
}

/** It is surely not there, or no link. Anything else (no permission, say) must not make a root disappear. */
function isAbsence(cause: unknown): boolean {
  return ["ENOENT", "ENOTDIR", "EINVAL"].includes((cause as NodeJS.ErrnoException).code ?? "");
}
