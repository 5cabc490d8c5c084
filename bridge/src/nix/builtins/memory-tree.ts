import {
  directoryDigest,
  nameProblem,
  sizeOf,
  type ByteString,
  type CastoreDirectory,
  type CastoreEntry,
  type CastoreNode,
} from "../../formats/index.js";
import { Code, StatusError } from "../../status/index.js";
import type { DirectoryStore } from "../../store/index.js";

/** A directory that is being put together, in any order; its files are stored already. */
export type Folder = Map<ByteString, FolderChild>;

/** What a {@link Folder} holds. */
export type FolderChild = Folder | Exclude<CastoreNode, { readonly type: "directory" }>;

/** A tree of symlinks or an unpacked archive: more is an attack. */
const DEPTH_MAX = 1000;

/** Whether a child is a directory. */
export function isFolder(child: FolderChild | undefined): child is Folder {
  return child instanceof Map;
}

/**
 * Puts a child at a path, making directories on the way; what was there before is replaced, as archives may name a file twice.
 *
 * @throws StatusError InvalidArgument if the path leaves the tree, has a malformed name, or leads through something that is no directory.
 */
export function placeAt(root: Folder, path: readonly ByteString[], child: FolderChild): void {
  const name = path.at(-1);
  if (name === undefined || path.length > DEPTH_MAX) throw badPath(path, "cannot be placed");
  let folder = root;
  for (const part of path.slice(0, -1)) folder = folderIn(folder, part, path);
  checkPart(name, path);
  folder.set(name, child);
}

/** The directory at a path, made where it is missing. @throws StatusError as {@link placeAt}. */
export function folderAt(root: Folder, path: readonly ByteString[]): Folder {
  if (path.length > DEPTH_MAX) throw badPath(path, "is too deep");
  return path.reduce((folder, part) => folderIn(folder, part, path), root);
}

/** What is at a path, not following symlinks. */
export function childAt(root: Folder, path: readonly ByteString[]): FolderChild | undefined {
  let child: FolderChild | undefined = root;
  for (const part of path) child = isFolder(child) ? child.get(part) : undefined;
  return child;
}

function folderIn(folder: Folder, part: ByteString, path: readonly ByteString[]): Folder {
  checkPart(part, path);
  let child = folder.get(part);
  if (child === undefined) folder.set(part, (child = new Map<ByteString, FolderChild>()));
  if (!isFolder(child)) throw badPath(path, "leads through something that is no directory");
  return child;
}

function checkPart(part: ByteString, path: readonly ByteString[]): void {
  const problem = nameProblem(part);
  if (problem !== undefined) throw badPath(path, problem);
}

function badPath(path: readonly ByteString[], problem: string): StatusError {
  return new StatusError(Code.InvalidArgument, `path ${JSON.stringify(path.slice(0, 20).join("/"))} ${problem}`);
}

/** Stores the directories of a tree, all in one commit. @returns its root. */
export async function storeFolder(directories: DirectoryStore, root: Folder): Promise<CastoreNode> {
  const messages: CastoreDirectory[] = [];
  const build = (folder: Folder): CastoreNode => {
    const entries: CastoreEntry[] = [];
    for (const name of [...folder.keys()].sort()) {
      const child = folder.get(name)!;
      entries.push({ name, node: isFolder(child) ? build(child) : child });
    }
    const directory = { entries };
    messages.push(directory);
    return { type: "directory", digest: directoryDigest(directory), size: sizeOf(directory, "legacy") };
  };
  const node = build(root);
  await directories.putMany(messages);
  return node;
}
