import { chmodSync, chownSync, lchownSync, lstatSync, lutimesSync, readdirSync, utimesSync } from "node:fs";
import { byteStringFrom } from "@causeway/bridge/formats";
import { type HostPath, below, fsPath } from "../host-path.js";
import { ENTRY_BYTES, sharedStyle } from "./write-tree.js";

/** Synchronous work between two turns of the loop, so that a server stays responsive. */
const SLICE_MS = 8;

/**
 * Gives a tree that a builder made the look of a shared one: owned by root, mode 0444 or 0555, time 1. Needs root. No process that may write
 * to the tree is left.
 *
 * Source: Nix, src/libstore/posix-fs-canonicalise.cc.
 *
 * @returns its size in bytes.
 */
export async function canonicaliseTree(root: HostPath): Promise<number> {
  const { fileMode, executableMode, directoryMode, mtime = 1 } = sharedStyle;
  const directories: HostPath[] = [];
  const open = [root];
  let sizeBytes = 0;
  let sliceEnd = performance.now() + SLICE_MS;
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const at = fsPath(path);
    const stats = lstatSync(at);
    sizeBytes += ENTRY_BYTES;
    if (stats.isDirectory()) {
      chownSync(at, 0, 0);
      chmodSync(at, 0o700);
      directories.push(path);
      for (const name of readdirSync(at, { encoding: "buffer" })) open.push(below(path, byteStringFrom(name)));
    } else if (stats.isSymbolicLink()) {
      lchownSync(at, 0, 0);
      lutimesSync(at, mtime, mtime);
    } else {
      sizeBytes += stats.size;
      lchownSync(at, 0, 0);
      chmodSync(at, (stats.mode & 0o100) === 0 ? fileMode : executableMode);
      lutimesSync(at, mtime, mtime);
    }
    if (performance.now() > sliceEnd) {
      await new Promise(setImmediate);
      sliceEnd = performance.now() + SLICE_MS;
    }
  }
  for (const path of directories.reverse()) {
    // The root is moved afterwards, for which it needs no permission; renaming does not change its time.
    chmodSync(fsPath(path), directoryMode);
    utimesSync(fsPath(path), mtime, mtime);
  }
  return sizeBytes;
}
