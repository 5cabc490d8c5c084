import { WireWriter } from "../wire/index.js";
import { ReapiError } from "./error.js";
import { TreeDecoder, type TreeRecord } from "./tree-decoder.js";

/** The record of one directory in a `Tree` message: tag, length and the bytes of the `Directory` message, which are not looked into. */
export function encodeTreeRecord(kind: TreeRecord["kind"], directory: Uint8Array): Uint8Array {
  const writer = new WireWriter();
  writer.presentBytes(kind === "root" ? 1 : 2, directory);
  return writer.finish();
}

/**
 * A `Tree` message of encoded directories: the root's record first, then one for each of `children`, in the order given. To call the result
 * topologically sorted, give parents before children and each directory once.
 */
export function encodeTree(root: Uint8Array, children: Iterable<Uint8Array>): Uint8Array {
  const writer = new WireWriter();
  writer.presentBytes(1, root);
  for (const child of children) writer.presentBytes(2, child);
  return writer.finish();
}

/**
 * The directories of a `Tree` message at hand, one by one, as views of its bytes. For a tree that comes in pieces see {@link TreeDecoder}.
 *
 * @throws ReapiError, after the last directory if it is the root that is missing.
 */
export function* decodeTree(bytes: Uint8Array): Generator<TreeRecord> {
  const decoder = new TreeDecoder({ directoryBytesMax: bytes.byteLength });
  yield* decoder.push(bytes);
  decoder.end();
}

/** The root of a tree and its children, all at once. */
export function splitTree(bytes: Uint8Array): { readonly root: Uint8Array; readonly children: readonly Uint8Array[] } {
  const children: Uint8Array[] = [];
  let root: Uint8Array | undefined;
  for (const record of decodeTree(bytes)) {
    if (record.kind === "root") root = record.bytes;
    else children.push(record.bytes);
  }
  if (root === undefined) throw new ReapiError("Tree: root is missing");
  return { root, children };
}
