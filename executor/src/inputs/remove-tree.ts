import { chmod, lstat, readdir, rm } from "node:fs/promises";
import { type HostPath, below, fsPath } from "../host-path.js";
import { byteStringFrom } from "@causeway/bridge/formats";

/**
 * Removes a directory with all below it, however its modes forbid it. Nothing is followed. Nothing happens if it is not there.
 */
export async function removeTree(path: HostPath): Promise<void> {
  try {
    await rm(fsPath(path), { recursive: true, force: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EACCES" && code !== "EPERM" && code !== "ENOTEMPTY") throw error;
    // Read-only directories of our own, where we are not root.
    await openUp(path);
    await rm(fsPath(path), { recursive: true, force: true });
  }
}

async function openUp(path: HostPath): Promise<void> {
  if (!(await lstat(fsPath(path))).isDirectory()) return;
  await chmod(fsPath(path), 0o700);
  for (const entry of await readdir(fsPath(path), { withFileTypes: true, encoding: "buffer" }))
    if (entry.isDirectory()) await openUp(below(path, byteStringFrom(entry.name)));
}
