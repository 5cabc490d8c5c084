import { createHash, randomUUID } from "node:crypto";
import { lstat, mkdir, readdir, readlink, rename, rm, symlink } from "node:fs/promises";
import { dirname, isAbsolute, join, normalize } from "node:path";
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
  /**
   * Makes the link, and lets it count. One that leads into the store already is replaced; nothing else is.
   *
   * @returns where it is.
   * @throws StatusError InvalidArgument, AlreadyExists; what the file system says.
   */
  make(link: string, path: StorePath): Promise<string>;
  list(): Promise<LinkRoot[]>;
}

/**
 * Roots remembered as Nix does it: a directory of links to the links.
 *
 * Source: Nix, `addPermRoot`, `addIndirectRoot` and `findRoots` in src/libstore/gc.cc.
 */
export function createLinkRoots(directory: string, storeDir: string): LinkRoots {
  async function add(link: string): Promise<void> {
    checkLink(link);
    await mkdir(directory, { recursive: true });
    try {
      await symlink(link, join(directory, createHash("sha1").update(link).digest("hex")));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw StatusError.from(cause);
    }
  }

  return {
    add,
    async make(text, path) {
      checkLink(text);
      const link = normalize(text).replace(/(?<=.)\/$/, "");
      if (link === storeDir || link.startsWith(`${storeDir}/`))
        throw new StatusError(
          Code.InvalidArgument,
          `creating a garbage collector root (${link}) in the Nix store is forbidden (are you running nix-build inside the store?)`,
        );
      if ((await isThere(link)) && (await targetOf(link, storeDir)) === undefined)
        throw new StatusError(Code.AlreadyExists, `cannot create symlink '${link}'; already exists`);
      const made = `${link}.tmp-${randomUUID()}`;
      try {
        await mkdir(dirname(link), { recursive: true });
        await symlink(`${storeDir}/${path}`, made);
        await rename(made, link);
      } catch (cause) {
        await rm(made, { force: true });
        throw StatusError.wrap(cause, `cannot create symlink '${link}'`);
      }
      await add(link);
      return link;
    },
    async list() {
      const roots: LinkRoot[] = [];
      for (const name of await entriesOf(directory)) {
        const link = await readlink(join(directory, name));
        const path = await targetOf(link, storeDir);
        if (path !== undefined) roots.push({ link, path });
        else if (!(await isLinkThere(link))) await rm(join(directory, name), { force: true });
      }
      return roots;
    },
  };
}

function checkLink(link: string): void {
  if (!isAbsolute(link) || link.includes("\0"))
    throw new StatusError(Code.InvalidArgument, `path '${link}' is not absolute`);
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

async function isLinkThere(link: string): Promise<boolean> {
  try {
    await readlink(link);
    return true;
  } catch (cause) {
    return !isAbsence(cause);
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code !== "ENOENT";
  }
}

/** It is surely not there, or no link. Anything else (no permission, say) must not make a root disappear. */
function isAbsence(cause: unknown): boolean {
  return ["ENOENT", "ENOTDIR", "EINVAL"].includes((cause as NodeJS.ErrnoException).code ?? "");
}
