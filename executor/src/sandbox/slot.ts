import { execFile } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { Socket } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { identityOfSlot, type Identity } from "./identity.js";

/** A place where one action at a time runs: its ids on the host, and the pipes of its output, which are made once. */
export interface Slot {
  readonly index: number;
  readonly identity: Identity;
  readonly directory: string;
}

/** Two ends of a named pipe: what the action writes to, and what we read from. */
export interface LogPipe {
  readonly writeFd: number;
  readonly reader: Socket;
}

/**
 * Makes the named pipes of a slot, and a null device of its own.
 *
 * Named pipes, because Node's own are sockets, which `/dev/stderr` cannot open again. The null device, because runtimes give the files that a
 * container gets as its standard streams to the container's user, and the host's `/dev/null` must stay root's.
 */
export async function makeSlot(parent: string, index: number): Promise<Slot> {
  const directory = join(parent, `slot-${index}`);
  await mkdir(directory, { recursive: true, mode: 0o711 });
  const self = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const names = ["stdout", "stderr"].map((name) => join(directory, name));
  // Only root may make devices; for others the host's null device cannot be given away.
  const script =
    'mkfifo -m 600 "$1" "$2" && if [ "$(id -u)" = 0 ]; then mknod -m 666 "$3" c 1 3 2>/dev/null || true; fi';
  await promisify(execFile)("sh", ["-c", script, "sh", ...names, join(directory, "null")]);
  return { index, identity: identityOfSlot(index, self), directory };
}

/** Opens a pipe of the slot. The caller closes `writeFd` once the action has it; the reader ends when all writers are gone. */
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

/** Opens what the action has as its standard input: nothing. */
export function openNullInput(slot: Slot): number {
  try {
    return openSync(join(slot.directory, "null"), constants.O_RDONLY);
  } catch {
    return openSync("/dev/null", constants.O_RDONLY); // No device of our own could be made, or the disk is mounted `nodev`.
  }
}
