import type { ByteString } from "../bytes/byte-string.js";
import { CLOSE, CLOSE_ENTRY, DIRECTORY, ENTRY, EXECUTABLE, NODE, REGULAR, ROOT, SYMLINK, paddingOf } from "./tokens.js";

/*
 * Sizes of archives, without their bytes. The size of a node counts from its type to its end, so that sizes of parts add up:
 * an archive is NAR_ROOT_BYTES and its root node; a directory is NAR_DIRECTORY_BYTES and, for each child, the entry and the child's node.
 */

/** What an archive has before the type of its root. */
export const NAR_ROOT_BYTES = ROOT.byteLength;

/** A directory without entries. */
export const NAR_DIRECTORY_BYTES = DIRECTORY.byteLength + CLOSE.byteLength;

/** A file with its contents. */
export function narFileBytes(sizeBytes: number, executable: boolean): number {
  const opening = executable ? EXECUTABLE.byteLength : REGULAR.byteLength;
  return opening + paddedString(sizeBytes) + CLOSE.byteLength;
}

/** A symbolic link. */
export function narSymlinkBytes(target: ByteString): number {
  return SYMLINK.byteLength + paddedString(target.length) + CLOSE.byteLength;
}

/** What an entry of a directory adds to the node in it. */
export function narEntryBytes(name: ByteString): number {
  return ENTRY.byteLength + paddedString(name.length) + NODE.byteLength + CLOSE_ENTRY.byteLength - CLOSE.byteLength;
}

/** What a directory has before its first entry. */
export const NAR_DIRECTORY_OPENING_BYTES = DIRECTORY.byteLength;

/** What an archive has between the type of an entry's file and the file's contents. */
export function narFileOpeningBytes(executable: boolean): number {
  return (executable ? EXECUTABLE.byteLength : REGULAR.byteLength) + 8;
}

/** What an entry of a directory has before the type of its node. */
export function narEntryOpeningBytes(name: ByteString): number {
  return ENTRY.byteLength + paddedString(name.length) + NODE.byteLength;
}

/** The archive of a root node of that size. */
export function narSizeOf(rootNodeBytes: number): number {
  return NAR_ROOT_BYTES + rootNodeBytes;
}

function paddedString(sizeBytes: number): number {
  return 8 + sizeBytes + paddingOf(sizeBytes);
}
