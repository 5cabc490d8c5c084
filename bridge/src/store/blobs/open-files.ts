import fs from "node:fs";

/** A file held open. */
export interface FileHandle {
  readonly fd: number;
  /** Once. */
  release(): void;
}

/** Files that stay open under a number. A file that is dropped is closed when nobody holds it any more. */
export interface OpenFiles {
  /** The descriptor, opened if it is not open; valid until the file is dropped. */
  get(file: number): number;
  /** The descriptor, if it is open. */
  peek(file: number): number | undefined;
  /** Holds a file, at once. */
  acquire(file: number): FileHandle;
  drop(file: number): void;
  dropAll(): void;
}

interface OpenFile {
  readonly fd: number;
  users: number;
  dropped: boolean;
}

/** @param open opens a file by its number. */
export function createOpenFiles(open: (file: number) => number): OpenFiles {
  const files = new Map<number, OpenFile>();

  function entryOf(file: number): OpenFile {
    let entry = files.get(file);
    if (entry === undefined) {
      entry = { fd: open(file), users: 0, dropped: false };
      files.set(file, entry);
    }
    return entry;
  }

  function drop(file: number): void {
    const entry = files.get(file);
    if (entry === undefined) return;
    files.delete(file);
    entry.dropped = true;
    if (entry.users === 0) fs.closeSync(entry.fd);
  }

  return {
    get: (file) => entryOf(file).fd,
    peek: (file) => files.get(file)?.fd,
    acquire(file) {
      const entry = entryOf(file);
      entry.users++;
      return {
        fd: entry.fd,
        release() {
          if (--entry.users === 0 && entry.dropped) fs.closeSync(entry.fd);
        },
      };
    },
    drop,
    dropAll() {
      for (const file of [...files.keys()]) drop(file);
    },
  };
}
