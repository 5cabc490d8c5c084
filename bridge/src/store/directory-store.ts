import type { CastoreDirectory } from "../formats/castore/node.js";

/** Castore directories by the BLAKE3 of their canonical encoding. The empty directory is always there. */
export interface DirectoryStore {
  /**
   * One directory, checked against its digest.
   *
   * @param digest 64 lower-case hex digits.
   * @returns `undefined` if it is absent. @throws StatusError DataLoss.
   */
  get(digest: string): Promise<CastoreDirectory | undefined>;

  /**
   * Stores directories, children before parents, in one commit.
   *
   * @returns their digests, in order.
   * @throws StatusError InvalidArgument for a malformed one; FailedPrecondition if one names a directory that is neither here nor earlier
   *   in the list. The blobs of its files are not looked for: whoever registers a root checks them.
   */
  putMany(directories: readonly CastoreDirectory[]): Promise<string[]>;
}
