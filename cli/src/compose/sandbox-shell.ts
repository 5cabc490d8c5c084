import { closeSync, openSync, readSync } from "node:fs";

/** Where Debian's `busybox-static` puts its program. */
const CANDIDATES = ["/bin/busybox", "/usr/bin/busybox", "/bin/busybox.static"];

/** The shell that builds see as `/bin/sh` when no setting names one: a static busybox of this machine, if there is one. */
export function findSandboxShell(): string | undefined {
  return CANDIDATES.find((file) => isStaticProgram(file));
}

/**
 * Whether a file is an ELF program without an interpreter: only such a one runs in a root that holds nothing else.
 * Source: System V ABI, program header type PT_INTERP (3).
 */
export function isStaticProgram(file: string): boolean {
  let fd: number;
  try {
    fd = openSync(file, "r");
  } catch {
    return false;
  }
  try {
    // The program headers follow the 64-byte file header in practice; 4 KiB hold more of them than any linker writes.
    const head = Buffer.alloc(4096);
    const length = readSync(fd, head, 0, head.length, 0);
    if (length < 64 || head.toString("latin1", 0, 4) !== "\x7fELF" || head[4] !== 2 || head[5] !== 1) return false;
    const offset = Number(head.readBigUInt64LE(32));
    const [size, count] = [head.readUInt16LE(54), head.readUInt16LE(56)];
    for (let index = 0; index < count; index++) {
      const at = offset + index * size;
      if (at + 4 > length) return false;
      if (head.readUInt32LE(at) === 3) return false;
    }
    return count > 0;
  } finally {
    closeSync(fd);
  }
}
