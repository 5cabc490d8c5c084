import type { ByteString } from "../bytes/byte-string.js";

/** The root of a castore tree, or a child of a directory: what NAR can hold, and nothing else. */
export type CastoreNode = CastoreDirectoryNode | CastoreFileNode | CastoreSymlinkNode;

/** A directory, by the BLAKE3 of its canonical {@link CastoreDirectory} message. */
export interface CastoreDirectoryNode {
  readonly type: "directory";
  /** 64 lower-case hex digits. */
  readonly digest: string;
  /** The number of entries below it, by the size rule in use (the comment in castore.proto; Tvix itself counts each entry twice). */
  readonly size: number;
}

/** A regular file, by the BLAKE3 of its contents. */
export interface CastoreFileNode {
  readonly type: "file";
  readonly digest: string;
  /** Length of the contents in bytes. */
  readonly size: number;
  readonly executable: boolean;
}

/** A symbolic link. */
export interface CastoreSymlinkNode {
  readonly type: "symlink";
  /** 1 to 4095 bytes, no NUL. */
  readonly target: ByteString;
}

/** The decoded form of a castore `Directory` message: its children in the order of their names' bytes, all three kinds together. */
export interface CastoreDirectory {
  readonly entries: readonly CastoreEntry[];
}

/** A named child of a directory. */
export interface CastoreEntry {
  /** 1 to 255 bytes; not `.` or `..`; without `/` and NUL. */
  readonly name: ByteString;
  readonly node: CastoreNode;
}
