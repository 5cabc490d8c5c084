import type { ByteString } from "../bytes/byte-string.js";
import { WireError, WireReader } from "../wire/index.js";
import { checkName, checkTarget } from "./check.js";
import { CastoreError } from "./error.js";
import type { CastoreDirectory, CastoreEntry, CastoreNode } from "./node.js";

const DIGEST_HEX_DIGITS = 64;
const KIND_OF_FIELD: readonly (CastoreNode["type"] | undefined)[] = [undefined, "directory", "file", "symlink"];

/**
 * Reads a `castore.v1.Directory` message. Unknown fields are dropped, and the three lists may be interleaved on the wire, as with any
 * protobuf reader: so the digest of the bytes need not be that of the directory. A size above 2^53 - 1 is a `size-overflow` here.
 *
 * Source: Tvix, castore/src/proto/mod.rs and castore/src/errors.rs (the rules and their order).
 *
 * @throws CastoreError
 */
export function decodeDirectory(bytes: Uint8Array): CastoreDirectory {
  return translated(() => {
    const lists: Record<CastoreNode["type"], CastoreEntry[]> = { directory: [], file: [], symlink: [] };
    const reader = new WireReader(bytes);
    while (reader.next()) {
      const kind = KIND_OF_FIELD[reader.field];
      if (kind === undefined) reader.skip();
      else lists[kind].push(readEntry(reader.message(), kind));
    }
    checkList(lists.directory);
    checkList(lists.file);
    checkList(lists.symlink);
    const entries = merge(merge(lists.directory, lists.file), lists.symlink);
    checkSum(lists.directory);
    return { entries };
  });
}

/**
 * Reads a `castore.v1.Entry` message of a root node.
 *
 * @throws CastoreError; `no-entry-set` for an empty message, `name-in-anonymous-node` where a name is given.
 */
export function decodeEntry(bytes: Uint8Array): CastoreNode {
  return translated(() => {
    let entry: CastoreEntry | undefined;
    const reader = new WireReader(bytes);
    while (reader.next()) {
      const kind = KIND_OF_FIELD[reader.field];
      if (kind === undefined) reader.skip();
      else entry = readEntry(reader.message(), kind);
    }
    if (entry === undefined) throw new CastoreError("no-entry-set", "entry is neither directory, file nor symlink");
    if (entry.name !== "")
      throw new CastoreError("name-in-anonymous-node", "has a name where none is wanted", entry.name);
    checkNode(entry.node);
    return entry.node;
  });
}

function readEntry(reader: WireReader, type: CastoreNode["type"]): CastoreEntry {
  let name = "" as ByteString;
  let target = "" as ByteString;
  let digest = "";
  let size = 0;
  let executable = false;
  while (reader.next()) {
    if (reader.field === 1) name = reader.byteString();
    else if (reader.field === 2 && type === "symlink") target = reader.byteString();
    else if (reader.field === 2) digest = reader.hex();
    else if (reader.field === 3 && type !== "symlink") size = reader.uint64();
    else if (reader.field === 4 && type === "file") executable = reader.bool();
    else reader.skip();
  }
  if (type === "symlink") return { name, node: { type, target } };
  if (type === "directory") return { name, node: { type, digest, size } };
  return { name, node: { type, digest, size, executable } };
}

/** The rules for one list; those that need a neighbour come before those that do not. */
function checkList(entries: readonly CastoreEntry[]): void {
  let previous = "" as ByteString;
  for (const { name, node } of entries) {
    if (name < previous) throw new CastoreError("wrong-sorting", "is not in the order of names", name);
    if (name === previous) {
      checkName(name);
      throw new CastoreError("duplicate-name", "occurs twice", name);
    }
    checkNode(node, name);
    checkName(name);
    previous = name;
  }
}

function checkNode(node: CastoreNode, name?: ByteString): void {
  if (node.type === "symlink") {
    checkTarget(node.target, name);
    return;
  }
  if (node.digest.length !== DIGEST_HEX_DIGITS)
    throw new CastoreError("invalid-digest", `digest has ${String(node.digest.length / 2)} bytes, not 32`, name);
  if (!Number.isSafeInteger(node.size))
    throw new CastoreError("size-overflow", `size ${String(node.size)} is out of range`, name);
}

function checkSum(directories: readonly CastoreEntry[]): void {
  let sum = directories.length;
  for (const { node } of directories) if (node.type === "directory") sum += node.size;
  if (!Number.isSafeInteger(sum)) throw new CastoreError("size-overflow", "the sizes add up to more than is possible");
}

/** Two sorted lists as one. */
function merge(left: readonly CastoreEntry[], right: readonly CastoreEntry[]): readonly CastoreEntry[] {
  if (right.length === 0) return left;
  if (left.length === 0) return right;
  const merged: CastoreEntry[] = [];
  let r = 0;
  for (const entry of left) {
    for (let other = right[r]; other !== undefined && other.name <= entry.name; other = right[++r]) {
      if (other.name === entry.name) throw new CastoreError("duplicate-name", "occurs in two lists", entry.name);
      merged.push(other);
    }
    merged.push(entry);
  }
  for (; r < right.length; r++) merged.push(right[r] as CastoreEntry);
  return merged;
}

function translated<T>(read: () => T): T {
  try {
    return read();
  } catch (reason) {
    if (reason instanceof WireError)
      throw new CastoreError("malformed", `at byte ${String(reason.offset)}: ${reason.message}`, undefined, reason);
    throw reason;
  }
}
