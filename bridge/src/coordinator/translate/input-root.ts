import { digestBytes, type Digest, type DigestFunction } from "../../digest/index.js";
import {
  encodeReapiDirectory,
  nameProblem,
  type ByteString,
  type DirectoryNode,
  type FileNode,
  type SymlinkNode,
} from "../../formats/index.js";

/** A blob to be stored, with its digest. */
export interface NewBlob {
  readonly bytes: Uint8Array;
  readonly expected: Digest;
}

/** What an input root holds at a path. */
export type RootNode =
  | { readonly type: "file"; readonly digest: Digest; readonly executable: boolean }
  | { readonly type: "symlink"; readonly target: ByteString }
  /** A directory whose message, and all below, are in the store already. */
  | { readonly type: "tree"; readonly digest: Digest };

interface Folder {
  readonly type: "folder";
  readonly children: Map<ByteString, Folder | RootNode>;
}

/**
 * The upper levels of an input root, put together path by path; what is deeper is a tree in the store.
 */
export interface InputRoot {
  /** Paths are relative, without `.`, `..` and empty parts; parents come into being. @throws RangeError if something is there already. */
  add(path: ByteString, node: RootNode): void;
  /** An empty directory, unless there is something in it. */
  addFolder(path: ByteString): void;
  /** The digest of the root; every new message is handed to `emit`, children first. */
  encode(fn: DigestFunction, emit: (blob: NewBlob) => void): Digest;
}

export function createInputRoot(): InputRoot {
  const root: Folder = { type: "folder", children: new Map() };
  return {
    add(path, node) {
      const cut = path.lastIndexOf("/");
      const folder = cut < 0 ? root : folderAt(root, path.slice(0, cut));
      const name = path.slice(cut + 1) as ByteString;
      if (folder.children.has(name) || nameProblem(name) !== undefined)
        throw new RangeError(`cannot put ${JSON.stringify(path)} into the input root`);
      folder.children.set(name, node);
    },
    addFolder(path) {
      folderAt(root, path);
    },
    encode: (fn, emit) => encodeFolder(root, fn, emit),
  };
}

function folderAt(root: Folder, path: string): Folder {
  let folder = root;
  for (const name of path.split("/") as ByteString[]) {
    if (nameProblem(name) !== undefined)
      throw new RangeError(`impossible path in an input root: ${JSON.stringify(path)}`);
    let child = folder.children.get(name);
    if (child === undefined) folder.children.set(name, (child = { type: "folder", children: new Map() }));
    if (child.type !== "folder")
      throw new RangeError(`${JSON.stringify(path)} is below something that is no directory`);
    folder = child;
  }
  return folder;
}

function encodeFolder(folder: Folder, fn: DigestFunction, emit: (blob: NewBlob) => void): Digest {
  const files: FileNode[] = [];
  const directories: DirectoryNode[] = [];
  const symlinks: SymlinkNode[] = [];
  for (const name of [...folder.children.keys()].sort()) {
    const child = folder.children.get(name)!;
    if (child.type === "file") files.push({ name, digest: child.digest, isExecutable: child.executable });
    else if (child.type === "symlink") symlinks.push({ name, target: child.target });
    else if (child.type === "tree") directories.push({ name, digest: child.digest });
    else directories.push({ name, digest: encodeFolder(child, fn, emit) });
  }
  const bytes = encodeReapiDirectory({ files, directories, symlinks });
  const expected = digestBytes(fn, bytes);
  emit({ bytes, expected });
  return expected;
}
