import type { ByteString } from "../bytes/byte-string.js";
import { ByteJoiner } from "./byte-joiner.js";
import { NAR_DIRECTORY_BYTES, NAR_ROOT_BYTES, narEntryBytes, narFileBytes, narSymlinkBytes } from "./size.js";
import {
  CLOSE,
  CLOSE_ENTRY,
  DIRECTORY,
  ENTRY,
  EXECUTABLE,
  NODE,
  REGULAR,
  ROOT,
  SYMLINK,
  paddingOf,
  str,
} from "./tokens.js";

/**
 * A tree whose files' contents are elsewhere: `source` is whatever finds them. Equal directories may be one object in several places; their
 * size is computed once.
 */
export type NarTree<S> =
  | { readonly type: "file"; readonly executable: boolean; readonly sizeBytes: number; readonly source: S }
  | { readonly type: "symlink"; readonly target: ByteString }
  | { readonly type: "directory"; readonly entries: readonly NarTreeEntry<S>[] };

/** A child in a {@link NarTree}; in strictly ascending order of names. */
export interface NarTreeEntry<S> {
  readonly name: ByteString;
  readonly node: NarTree<S>;
}

/** A stretch of an archive: bytes of the format, or a part of a file's contents. */
export type NarSegment<S> =
  | { readonly type: "bytes"; readonly bytes: Uint8Array }
  /** `from` and `to` count in the file; `to` is exclusive. */
  | { readonly type: "contents"; readonly source: S; readonly from: number; readonly to: number };

/** Where things are in the archive of a tree. */
export interface NarIndex<S> {
  /** Size of the archive. */
  readonly sizeBytes: number;
  /**
   * The archive from one offset to another (exclusive), as segments, computed as they are asked for. What lies before is skipped by sizes.
   *
   * @throws RangeError unless 0 ≤ from ≤ to ≤ sizeBytes.
   */
  segments(from?: number, to?: number): Generator<NarSegment<S>>;
}

/** Finds the archive of a tree by offsets, to serve ranges of it. The tree is trusted: {@link encodeNar} is the one that checks. */
export function createNarIndex<S>(root: NarTree<S>): NarIndex<S> {
  const sizes = new Map<NarTree<S>, number>();
  const sizeBytes = NAR_ROOT_BYTES + nodeBytes(root, sizes);
  return {
    sizeBytes,
    segments(from = 0, to = sizeBytes) {
      if (!(from >= 0 && from <= to && to <= sizeBytes))
        throw new RangeError(`no range ${String(from)}..${String(to)} in an archive of ${String(sizeBytes)} bytes`);
      return walk(root, sizes, from, to);
    },
  };
}

/** Children first, with a stack of its own: trees may be deeper than the stack of the language. */
function nodeBytes<S>(root: NarTree<S>, sizes: Map<NarTree<S>, number>): number {
  const stack: NarTree<S>[] = [root];
  for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
    if (node.type !== "directory") {
      stack.pop();
      continue;
    }
    const missing = node.entries.filter((entry) => entry.node.type === "directory" && !sizes.has(entry.node));
    if (missing.length === 0 || sizes.has(node)) {
      stack.pop();
      sizes.set(node, directoryBytes(node.entries, sizes));
    } else for (const entry of missing) stack.push(entry.node);
  }
  return sizeOfNode(root, sizes);
}

function directoryBytes<S>(entries: readonly NarTreeEntry<S>[], sizes: Map<NarTree<S>, number>): number {
  let sum = NAR_DIRECTORY_BYTES;
  for (const { name, node } of entries) sum += narEntryBytes(name) + sizeOfNode(node, sizes);
  return sum;
}

function sizeOfNode<S>(node: NarTree<S>, sizes: Map<NarTree<S>, number>): number {
  if (node.type === "file") return narFileBytes(node.sizeBytes, node.executable);
  if (node.type === "symlink") return narSymlinkBytes(node.target);
  return sizes.get(node) ?? 0;
}

function* walk<S>(
  root: NarTree<S>,
  sizes: Map<NarTree<S>, number>,
  from: number,
  to: number,
): Generator<NarSegment<S>> {
  const out = new Clip(from, to);
  const stack: { readonly entries: readonly NarTreeEntry<S>[]; next: number }[] = [];
  let node: NarTree<S> | undefined = root;
  out.add(ROOT);
  while (out.position < to) {
    if (node !== undefined) {
      const size = sizeOfNode(node, sizes);
      if (out.position + size <= from) out.position += size;
      else if (node.type === "directory") {
        out.add(DIRECTORY);
        stack.push({ entries: node.entries, next: 0 });
        node = undefined;
        continue;
      } else if (node.type === "symlink") {
        out.add(SYMLINK, str(node.target), CLOSE);
      } else yield* fileSegments(out, node);
      node = undefined;
      if (stack.length > 0) out.add(CLOSE);
    } else {
      const frame = stack.at(-1);
      if (frame === undefined) break;
      const entry: NarTreeEntry<S> | undefined = frame.entries[frame.next++];
      if (entry !== undefined) {
        out.add(ENTRY, str(entry.name), NODE);
        node = entry.node;
      } else {
        stack.pop();
        out.add(stack.length > 0 ? CLOSE_ENTRY : CLOSE);
      }
    }
    if (out.joined.isFull) yield { type: "bytes", bytes: out.joined.take() };
  }
  if (!out.joined.isEmpty) yield { type: "bytes", bytes: out.joined.take() };
}

function* fileSegments<S>(out: Clip, file: NarTree<S> & { readonly type: "file" }): Generator<NarSegment<S>> {
  const { executable, sizeBytes, source } = file;
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(sizeBytes));
  out.add(executable ? EXECUTABLE : REGULAR, size);
  const [from, to] = out.clip(sizeBytes);
  if (from < to) {
    if (!out.joined.isEmpty) yield { type: "bytes", bytes: out.joined.take() };
    yield { type: "contents", source, from, to };
  }
  out.position += sizeBytes;
  out.add(Buffer.alloc(paddingOf(sizeBytes)), CLOSE);
}

/** Keeps of an archive what lies in a range. */
class Clip {
  position = 0;
  readonly joined = new ByteJoiner();
  readonly #from: number;
  readonly #to: number;

  constructor(from: number, to: number) {
    this.#from = from;
    this.#to = to;
  }

  /** The part of the next `size` bytes that is in the range. */
  clip(size: number): [from: number, to: number] {
    return [Math.max(0, this.#from - this.position), Math.min(size, this.#to - this.position)];
  }

  add(...pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) {
      const [from, to] = this.clip(piece.byteLength);
      if (from < to) this.joined.add(piece.subarray(from, to));
      this.position += piece.byteLength;
    }
  }
}
