import { displayOf, type ByteString } from "../bytes/byte-string.js";

/**
 * What is wrong with a castore message. In the words of Tvix: `WrongSorting`, `DuplicateName`, `InvalidDigestLen`, `InvalidSymlinkTarget`,
 * `InvalidName`, `SizeOverflow`, `NoEntrySet`, `NameInAnonymousNode`; and `malformed` where the bytes are no protobuf.
 */
export type CastoreErrorKind =
  | "wrong-sorting"
  | "duplicate-name"
  | "invalid-digest"
  | "invalid-symlink-target"
  | "invalid-name"
  | "size-overflow"
  | "no-entry-set"
  | "name-in-anonymous-node"
  | "malformed";

/** A castore message that breaks a rule of the format. */
export class CastoreError extends Error {
  override readonly name = "CastoreError";
  readonly kind: CastoreErrorKind;
  /** The child it is about, where there is one. */
  readonly entryName: ByteString | undefined;

  constructor(kind: CastoreErrorKind, detail: string, entryName?: ByteString, cause?: unknown) {
    const subject = entryName === undefined ? "" : `entry ${JSON.stringify(displayOf(entryName))}: `;
    super(`${subject}${detail}`, cause === undefined ? undefined : { cause });
    this.kind = kind;
    this.entryName = entryName;
  }
}
