import { hashBytes } from "../../digest/index.js";
import type { ByteString } from "../bytes/byte-string.js";
import { WireWriter } from "../wire/index.js";
import { checkName, checkTarget } from "./check.js";
import { CastoreError } from "./error.js";
import type { CastoreDirectory, CastoreNode } from "./node.js";

/** The list of `Directory` and the case of `Entry` that hold a kind of node: equal numbers in both messages. */
const FIELD = { directory: 1, file: 2, symlink: 3 } as const;
const KINDS = ["directory", "file", "symlink"] as const;
const HASH = /^[0-9a-f]{64}$/;

/**
 * The canonical `castore.v1.Directory` message: directories, files, symlinks, each list sorted, defaults left out.
 *
 * Source: Tvix, castore/protos/castore.proto
 *
 * @throws CastoreError if an entry is invalid or the entries are not in strictly ascending order of their names' bytes.
 */
export function encodeDirectory(directory: CastoreDirectory): Uint8Array {
  checkEntries(directory);
  const writer = new WireWriter();
  for (const kind of KINDS)
    for (const { name, node } of directory.entries)
      if (node.type === kind) writer.message(FIELD[kind], () => writeNode(writer, node, name));
  return writer.finish();
}

/**
 * The `castore.v1.Entry` message of a root node, which has no name.
 *
 * @throws CastoreError if the node is invalid.
 */
export function encodeEntry(node: CastoreNode): Uint8Array {
  const writer = new WireWriter();
  checkNode(node);
  writer.message(FIELD[node.type], () => writeNode(writer, node, "" as ByteString));
  return writer.finish();
}

/** The digest of a directory: BLAKE3 of its canonical message, 64 lower-case hex digits. */
export function directoryDigest(directory: CastoreDirectory): string {
  return hashBytes("blake3", encodeDirectory(directory));
}

function writeNode(writer: WireWriter, node: CastoreNode, name: ByteString): void {
  writer.byteString(1, name);
  if (node.type === "symlink") {
    writer.byteString(2, node.target);
    return;
  }
  writer.hex(2, node.digest);
  writer.int64(3, node.size);
  if (node.type === "file") writer.bool(4, node.executable);
}

function checkEntries(directory: CastoreDirectory): void {
  let previous: ByteString | undefined;
  for (const { name, node } of directory.entries) {
    if (previous !== undefined && name <= previous)
      throw name === previous
        ? new CastoreError("duplicate-name", "occurs twice", name)
        : new CastoreError("wrong-sorting", "is not in the order of names", name);
    checkName(name);
    checkNode(node, name);
    previous = name;
  }
}

function checkNode(node: CastoreNode, name?: ByteString): void {
  if (node.type === "symlink") {
    checkTarget(node.target, name);
    return;
  }
  if (!HASH.test(node.digest)) throw new CastoreError("invalid-digest", "digest is not 64 lower-case hex digits", name);
  if (!Number.isSafeInteger(node.size) || node.size < 0)
    throw new CastoreError("size-overflow", `size ${String(node.size)} is impossible`, name);
}
