import fs from "node:fs";
import { byteStringOf, displayOf, type ByteString } from "../../formats/bytes/byte-string.js";
import { checkName, type CastoreFileNode, type CastoreNode } from "../../formats/castore/index.js";
import { Code, StatusError } from "../../status/index.js";
import { throwIfAborted } from "../abort.js";
import type { CallOptions } from "../blob-store.js";
import { writeAt } from "../blobs/positional-io.js";
import { isLocalBlobStore } from "../blobs/create-indexed-blob-store.js";
import type { Store } from "../store.js";
import type { TreeStep } from "./list-tree.js";
import { walkWithContents } from "./prefetch-files.js";
import { digestOfFile } from "./read-file-at.js";

/** How to check out. */
export interface CheckoutOptions extends CallOptions {
  /**
   * Hard-links large files that are not executable to the store's own. Only for a target that nobody can write to or change the mode of: the
   * file is the store's. Otherwise they are cloned where the file system can, or copied.
   */
  readonly link?: boolean;
}

/** The time of everything in a Nix store. */
const MTIME_SECONDS = 1;

const MODE = { file: 0o444, executable: 0o555, directory: 0o555 } as const;

/**
 * Writes a stored tree to a path that must not exist, as it is in a Nix store: modes 0444 and 0555, time 1. Everything is made anew below a directory
 * that did not exist, and every name is one segment, so that no symlink of the tree can lead out of it.
 *
 * @param target text, or bytes where it is not UTF-8. What was written stays when it fails.
 * @throws StatusError AlreadyExists; NotFound if a part of the tree is absent; DataLoss; ResourceExhausted; Cancelled.
 */
export async function checkout(
  store: Store,
  node: CastoreNode,
  target: string | Buffer,
  options: CheckoutOptions = {},
): Promise<void> {
  const base = typeof target === "string" ? byteStringOf(target) : (target.toString("latin1") as ByteString);
  const pathOf = (path: ByteString): Buffer => Buffer.from(path === "" ? base : `${base}/${path}`, "latin1");
  try {
    for await (const batch of walkWithContents(store, node)) {
      throwIfAborted(options.signal);
      for (const step of batch) {
        if (step.type === "leave") finishDirectory(pathOf(step.path));
        else {
          const large = make(step, step.contents, pathOf(step.path));
          if (large !== undefined) await writeLarge(store, large, pathOf(step.path), options);
        }
      }
    }
  } catch (error) {
    const exists = error instanceof Error && (error as NodeJS.ErrnoException).code === "EEXIST";
    throw StatusError.wrap(error, `cannot check out to '${displayOf(base)}'`, exists ? Code.AlreadyExists : undefined);
  }
}

/** Makes what can be made at once. @returns the file whose contents are still to be written. */
function make(
  step: TreeStep & { readonly type: "enter" },
  contents: Uint8Array | undefined,
  path: Buffer,
): CastoreFileNode | undefined {
  const { node } = step;
  if (step.path !== "") checkName(step.name); // The store checks names when it reads a directory; a path is not built on trust.
  switch (node.type) {
    case "directory":
      fs.mkdirSync(path, 0o700);
      return undefined;
    case "symlink":
      fs.symlinkSync(Buffer.from(node.target, "latin1"), path);
      fs.lutimesSync(path, MTIME_SECONDS, MTIME_SECONDS);
      return undefined;
    case "file":
      if (contents === undefined) return node;
      writeSmall(path, contents, node.executable);
      return undefined;
  }
}

function writeSmall(path: Buffer, contents: Uint8Array, executable: boolean): void {
  const fd = fs.openSync(path, "wx", 0o600);
  try {
    for (let at = 0; at < contents.byteLength;) at += fs.writeSync(fd, contents, at);
    finishFile(fd, executable);
  } finally {
    fs.closeSync(fd);
  }
}

async function writeLarge(store: Store, node: CastoreFileNode, path: Buffer, options: CheckoutOptions): Promise<void> {
  const local = isLocalBlobStore(store.blobs) ? store.blobs.localFile(digestOfFile(node)) : undefined;
  if (local !== undefined && options.link === true && !node.executable) {
    if (tryLink(local, path)) return;
  }
  if (local !== undefined && cloned(local, path)) {
    const fd = fs.openSync(path, "r");
    finishFile(fd, node.executable);
    fs.closeSync(fd);
    return;
  }
  const fd = fs.openSync(path, "wx", 0o600);
  try {
    let at = 0;
    for await (const piece of store.blobs.read(digestOfFile(node), options)) {
      await writeAt(fd, at, piece);
      at += piece.byteLength;
    }
    finishFile(fd, node.executable);
  } finally {
    fs.closeSync(fd);
  }
}

/** A clone shares the bytes, which costs nothing; a plain copy is made by reading, so that the contents are checked. */
function cloned(from: string, to: Buffer): boolean {
  try {
    fs.copyFileSync(from, to, fs.constants.COPYFILE_FICLONE_FORCE | fs.constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw error;
    return false;
  }
}

function tryLink(from: string, to: Buffer): boolean {
  try {
    fs.linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw error;
    return false; // Another file system, or too many links: it is copied.
  }
}

function finishFile(fd: number, executable: boolean): void {
  fs.fchmodSync(fd, executable ? MODE.executable : MODE.file);
  fs.futimesSync(fd, MTIME_SECONDS, MTIME_SECONDS);
}

function finishDirectory(path: Buffer): void {
  fs.chmodSync(path, MODE.directory);
  fs.utimesSync(path, MTIME_SECONDS, MTIME_SECONDS);
}
