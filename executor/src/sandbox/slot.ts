import { closeSync, constants, openSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { Socket } from "node:net";
import { join } from "node:path";
import { identityOfSlot, type Identity } from "./identity.js";
import { startRuntimeShell, type DirectoryAlias, type RuntimeShell } from "./runtime-shell.js";
import type { Runtime } from "./runtimes.js";

/** A place where one action at a time runs: its ids on the host, the pipes of its output, and who starts its containers. */
export interface Slot {
  readonly index: number;
  readonly identity: Identity;
  readonly directory: string;
  readonly runtime: Runtime;
  readonly shell: RuntimeShell;
}

/** Two ends of a named pipe: what the action writes to, and what we read from. */
export interface LogPipe {
  readonly writeFd: number;
  readonly reader: Socket;
}

/**
 * Makes slot number `index` below the work directory.
 *
 * @throws StatusError FailedPrecondition if containers cannot be started on this machine.
 */
export async function makeSlot(
  workDirectory: string,
  index: number,
  runtime: Runtime,
  aliases: readonly DirectoryAlias[],
): Promise<Slot> {
  const directory = join(workDirectory, `slot-${index}`);
  await mkdir(directory, { recursive: true, mode: 0o711 });
  const identity = identityOfSlot(index, { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 });
  const shell = await startRuntimeShell({ runtime, workDirectory, directory, identity, aliases });
  return { index, identity, directory, runtime, shell };
}

/**
 * Opens a pipe of the slot for one action. Its reader ends when the caller has closed `writeFd` and all other writers are gone: holding it
 * while the action runs keeps the reader from ending before the action has opened the pipe.
 */
export function openLogPipe(slot: Slot, stream: "stdout" | "stderr"): LogPipe {
  const path = join(slot.directory, stream);
  // Reading first and without waiting: opening the writing end waits for a reader.
  const readFd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const writeFd = openSync(path, constants.O_WRONLY);
    return { writeFd, reader: new Socket({ fd: readFd, readable: true, writable: false }) };
  } catch (error) {
    closeSync(readFd);
    throw error;
  }
}
