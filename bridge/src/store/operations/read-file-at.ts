import type { Digest } from "../../digest/index.js";
import { byteStringOf, displayOf, type ByteString } from "../../formats/bytes/byte-string.js";
import type { CastoreFileNode, CastoreNode } from "../../formats/castore/index.js";
import { Code, StatusError } from "../../status/index.js";
import type { Store } from "../store.js";
import { directoryOf } from "./list-tree.js";

/** More than this is asked for as a stream: one call must not fill the memory. */
const FILE_BYTES_MAX = 256 * 1024 * 1024;

/**
 * The node at a path below `root`; symlinks are not followed. `undefined` if there is nothing.
 *
 * @param path without a leading slash; empty for the root itself. No segment is `.`, `..` or empty: those never name anything.
 */
export async function nodeAt(
  store: Store,
  root: CastoreNode,
  path: string | ByteString,
): Promise<CastoreNode | undefined> {
  let node: CastoreNode | undefined = root;
  if (path === "") return node;
  for (const segment of path.split("/")) {
    if (node?.type !== "directory") return undefined;
    const { entries } = await directoryOf(store, node.digest);
    node = entries.find(({ name }) => name === segment)?.node;
  }
  return node;
}

/**
 * The contents of a file below `root`, checked.
 *
 * @param path as for {@link nodeAt}; text is taken as UTF-8.
 * @throws StatusError NotFound; FailedPrecondition if it is no regular file; ResourceExhausted above 256 MiB; DataLoss.
 */
export async function readFileAt(store: Store, root: CastoreNode, path: string): Promise<Uint8Array> {
  const bytes = byteStringOf(path);
  const node = await nodeAt(store, root, bytes);
  const shown = path === "" ? "the root" : `'${displayOf(bytes)}'`;
  if (node === undefined) throw new StatusError(Code.NotFound, `there is no ${shown} in the tree`);
  if (node.type !== "file") throw new StatusError(Code.FailedPrecondition, `${shown} is a ${node.type}, not a file`);
  if (node.size > FILE_BYTES_MAX)
    throw new StatusError(
      Code.ResourceExhausted,
      `${shown} is too large to be read at once: ${String(node.size)} bytes`,
    );
  const pieces: Uint8Array[] = [];
  for await (const piece of store.blobs.read(digestOfFile(node))) pieces.push(piece);
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
}

/** The digest under which a file's contents are stored. */
export function digestOfFile(node: CastoreFileNode): Digest {
  return { fn: "blake3", hash: node.digest, sizeBytes: node.size };
}
