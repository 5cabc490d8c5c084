import type { Digest, DigestFunction } from "../digest/index.js";
import type { CastoreNode } from "../formats/castore/node.js";

/**
 * Castore directories as REAPI Merkle trees and back, remembered both ways (design: one blob, two digests; the tree is a view).
 */
export interface TreeView {
  /**
   * The REAPI `Directory` equivalent to a castore directory, under one digest function: its message and those of all directories below it
   * are in the blob store afterwards. Costs one look-up when seen before.
   *
   * @param directory 64 lower-case hex digits (BLAKE3 of the castore message).
   * @throws StatusError NotFound if a directory is absent, or a file's blob (whose other digest is needed).
   */
  toReapi(directory: string, fn: DigestFunction): Promise<Digest>;

  /**
   * The castore directory equivalent to a REAPI `Directory` whose messages are in the blob store.
   *
   * @throws StatusError FailedPrecondition with missing blobs; InvalidArgument for malformed names, wrong order, an unknown kind.
   */
  fromReapi(directory: Digest): Promise<CastoreNode & { readonly type: "directory" }>;

  /** The same from a `Tree` message. */
  fromTree(tree: Digest): Promise<CastoreNode & { readonly type: "directory" }>;

  /**
   * Writes the `Tree` message of a castore directory (parents first, no duplicates) into the blob store.
   *
   * @returns its digest.
   */
  toTree(directory: string, fn: DigestFunction): Promise<Digest>;
}
