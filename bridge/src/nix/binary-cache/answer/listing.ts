import {
  displayOf,
  narEntryBytes,
  narEntryOpeningBytes,
  narFileBytes,
  narFileOpeningBytes,
  narSymlinkBytes,
  NAR_DIRECTORY_BYTES,
  NAR_DIRECTORY_OPENING_BYTES,
  NAR_ROOT_BYTES,
  type CastoreNode,
} from "../../../formats/index.js";
import { walkTree, type Store } from "../../../store/index.js";

/** Pieces of the text are gathered up to this. */
const PIECE_BYTES = 64 * 1024;

/**
 * What is in a tree and where in its archive, as `<hash part>.ls` says it: JSON, with members in the order of Nix 2.8.
 *
 * Source: Nix, `listNar` in src/libstore/nar-accessor.cc; `BinaryCacheStore::addToStoreCommon`.
 */
export async function* listingOf(store: Store, root: CastoreNode): AsyncGenerator<Uint8Array, void, undefined> {
  let text = "";
  for await (const piece of jsonOf(store, root)) {
    text += piece;
    if (text.length < PIECE_BYTES) continue;
    yield Buffer.from(text);
    text = "";
  }
  yield Buffer.from(text);
}

async function* jsonOf(store: Store, root: CastoreNode): AsyncGenerator<string, void, undefined> {
  /** In the archive: the end of what has been listed. */
  let position = NAR_ROOT_BYTES;
  let isFirst = true;
  yield '{"version":1,"root":';
  for await (const step of walkTree(store, root)) {
    if (step.type === "leave") {
      position += NAR_DIRECTORY_BYTES - NAR_DIRECTORY_OPENING_BYTES;
      if (step.path !== "") position += entryClosingBytes;
      yield "}}";
      isFirst = false;
      continue;
    }
    const { node, name } = step;
    const isRoot = step.path === "";
    if (!isRoot) {
      yield `${isFirst ? "" : ","}${JSON.stringify(displayOf(name))}:`;
      position += narEntryOpeningBytes(name);
    }
    isFirst = node.type === "directory";
    if (node.type === "directory") {
      position += NAR_DIRECTORY_OPENING_BYTES;
      yield '{"type":"directory","entries":{';
      continue;
    }
    if (node.type === "symlink") {
      yield JSON.stringify({ type: "symlink", target: displayOf(node.target) });
      position += narSymlinkBytes(node.target);
    } else {
      const { executable, size } = node;
      const narOffset = position + narFileOpeningBytes(executable);
      yield JSON.stringify({ type: "regular", size, ...(executable && { executable }), narOffset });
      position += narFileBytes(size, executable);
    }
    if (!isRoot) position += entryClosingBytes;
  }
  yield "}";
}

/** What an entry has after its node. */
const entryClosingBytes = ((name) => narEntryBytes(name) - narEntryOpeningBytes(name))(
  "x" as Parameters<typeof narEntryBytes>[0],
);
