import {
  chownSync,
  closeSync,
  fchmodSync,
  fchownSync,
  futimesSync,
  lchownSync,
  lutimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
  utimesSync,
  writeSync,
  chmodSync,
} from "node:fs";
import { open } from "node:fs/promises";
import type { Digest } from "@causeway/bridge/digest";
import { type Directory, bytesOf } from "@causeway/bridge/formats";
import type { Store } from "@causeway/bridge/store";
import { missingBlobs } from "../action/missing-blobs.js";
import { type HostPath, below, fsPath } from "../host-path.js";
import { directoryAt } from "./load-trees.js";
import { batches } from "./read-directories.js";

/** How files and directories look that are written for an action. */
export interface TreeStyle {
  readonly fileMode: number;
  readonly executableMode: number;
  readonly directoryMode: number;
  /** Who owns them; who we are unless said. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** Seconds since the epoch; now unless said. */
  readonly mtime?: number;
}

/** Shared, immutable inputs: what Nix makes of a store path (`posix-fs-canonicalise.cc`). */
export const sharedStyle: TreeStyle = { fileMode: 0o444, executableMode: 0o555, directoryMode: 0o555, mtime: 1 };

/** Files of the machine, as far as actions share them. */
export const systemStyle: TreeStyle = { fileMode: 0o644, executableMode: 0o755, directoryMode: 0o755 };

/** Larger files are streamed instead of being read whole, several at once. */
const WHOLE_BYTES_MAX = 1 << 20;

/** What an entry takes on the disk beside its contents, about. */
export const ENTRY_BYTES = 4096;

/** A file to be written. */
export interface FileToWrite {
  readonly path: HostPath;
  readonly digest: Digest;
  readonly isExecutable: boolean;
}

/**
 * Writes files. Each must not exist yet.
 *
 * @throws StatusError FailedPrecondition if a blob is gone.
 */
export async function writeFiles(store: Store, files: readonly FileToWrite[], style: TreeStyle): Promise<void> {
  const small = files.filter((file) => file.digest.sizeBytes <= WHOLE_BYTES_MAX);
  for (const batch of batches(small, (file) => file.digest.sizeBytes)) {
    const contents = await store.blobs.readMany(batch.map((file) => file.digest));
    for (const [i, bytes] of contents.entries()) {
      if (bytes === undefined) throw missingBlobs([batch[i]!.digest]);
      writeWhole(batch[i]!, bytes, style);
    }
  }
  for (const file of files) if (file.digest.sizeBytes > WHOLE_BYTES_MAX) await writeStreamed(store, file, style);
}

/** Synchronous calls: for files of a few kilobytes they take a quarter of the time that promises take. */
function writeWhole(file: FileToWrite, bytes: Uint8Array, style: TreeStyle): void {
  const fd = openSync(fsPath(file.path), "wx", 0o600);
  try {
    for (let written = 0; written < bytes.byteLength;) written += writeSync(fd, bytes, written);
    finishFile(fd, file, style);
  } finally {
    closeSync(fd);
  }
}

async function writeStreamed(store: Store, file: FileToWrite, style: TreeStyle): Promise<void> {
  await using handle = await open(fsPath(file.path), "wx", 0o600);
  for await (const piece of store.blobs.read(file.digest)) await handle.writeFile(piece);
  finishFile(handle.fd, file, style);
}

function finishFile(fd: number, file: FileToWrite, style: TreeStyle): void {
  if (style.owner !== undefined) fchownSync(fd, style.owner.uid, style.owner.gid);
  fchmodSync(fd, file.isExecutable ? style.executableMode : style.fileMode);
  if (style.mtime !== undefined) futimesSync(fd, style.mtime, style.mtime);
}

/** Makes a symlink as the style has it. */
export function writeSymlink(path: HostPath, target: HostPath, style: TreeStyle): void {
  symlinkSync(bytesOf(target), fsPath(path));
  if (style.owner !== undefined) lchownSync(fsPath(path), style.owner.uid, style.owner.gid);
  if (style.mtime !== undefined) lutimesSync(fsPath(path), style.mtime, style.mtime);
}

/**
 * Writes a Merkle tree below a directory that exists (and may hold other entries).
 *
 * @param directories Has every directory of the tree.
 * @returns about how many bytes it takes on the disk.
 */
export async function writeTree(
  store: Store,
  directories: ReadonlyMap<string, Directory>,
  root: { readonly digest: Digest; readonly path: HostPath },
  style: TreeStyle,
): Promise<number> {
  const made: HostPath[] = [];
  const files: FileToWrite[] = [];
  const open = [root];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { path } = next;
    const directory = directoryAt(directories, next.digest);
    made.push(path);
    for (const { name, digest, isExecutable } of directory.files)
      files.push({ path: below(path, name), digest, isExecutable });
    for (const { name, target } of directory.symlinks) writeSymlink(below(path, name), target, style);
    for (const { name, digest } of directory.directories) {
      const child = below(path, name);
      mkdirSync(fsPath(child), 0o700);
      open.push({ digest, path: child });
    }
  }
  await writeFiles(store, files, style);
  for (const path of made.reverse()) finishDirectory(path, style);
  return files.reduce((sum, { digest }) => sum + digest.sizeBytes, 0) + (made.length + files.length) * ENTRY_BYTES;
}

/** Gives a directory its final look; nothing may be made in it afterwards, for that would set its time. */
function finishDirectory(path: HostPath, style: TreeStyle): void {
  const at = fsPath(path);
  if (style.owner !== undefined) chownSync(at, style.owner.uid, style.owner.gid);
  chmodSync(at, style.directoryMode);
  if (style.mtime !== undefined) utimesSync(at, style.mtime, style.mtime);
}
