import { hashBytes } from "../../digest/index.js";
import {
  displayOf,
  nameProblem,
  targetProblem,
  type ByteString,
  type CastoreFileNode,
  type CastoreNode,
} from "../../formats/index.js";
import type { Store } from "../../store/index.js";
import { BuiltinError, requiredVariable, type Builtin } from "./builtin-context.js";
import { compressionOf, decompress } from "./decompress.js";
import { createInputFiles } from "./input-files.js";
import { childAt, folderAt, isFolder, placeAt, storeFolder, type Folder } from "./memory-tree.js";
import { readTar, type TarEntry } from "./read-tar.js";

/** Members of an archive; Nixpkgs has some forty thousand. */
const ENTRIES_MAX = 5_000_000;

/**
 * `builtin:unpack-channel`: a tarball whose one top-level entry is renamed to the channel's name.
 *
 * Source: Nix 2.8, src/libstore/builtins/unpack-channel.cc.
 */
export const unpackChannel: Builtin = async (context) => {
  const src = displayOf(requiredVariable(context, "src"));
  const channelName = requiredVariable(context, "channelName");
  if (nameProblem(channelName) !== undefined)
    throw new BuiltinError(`invalid channel name '${displayOf(channelName)}'`);
  const source = await createInputFiles(context).open(src);
  if (source === undefined) throw new BuiltinError(`cannot open '${src}'`);
  const root: Folder = new Map();
  await unpackTar(context.store, source, root);
  const [entry, ...others] = [...root.values()];
  if (entry === undefined || others.length > 0)
    throw new BuiltinError(`channel tarball '${src}' contains more than one file`);
  return storeFolder(context.store.directories, new Map([[channelName, entry]]));
};

/** Unpacks a tarball, however it is compressed, into a folder. */
async function unpackTar(store: Store, packed: AsyncIterable<Uint8Array>, root: Folder): Promise<void> {
  const { head, all } = await withHead(packed);
  const files = createFileBatch(store);
  let entries = 0;
  for await (const entry of readTar(decompress(compressionOf(head), all))) {
    if (++entries > ENTRIES_MAX) throw new BuiltinError(`an archive has more than ${ENTRIES_MAX} entries`);
    const path = partsOf(entry.path);
    if (entry.type === "directory") folderAt(root, path);
    else placeAt(root, path, await nodeOf(files, entry, root));
  }
  await files.flush();
}

async function nodeOf(
  files: FileBatch,
  entry: TarEntry,
  root: Folder,
): Promise<Exclude<CastoreNode, { type: "directory" }>> {
  if (entry.type === "symlink") {
    const problem = targetProblem(entry.target);
    if (problem !== undefined) throw new BuiltinError(`'${displayOf(entry.path)}': ${problem}`);
    return { type: "symlink", target: entry.target };
  }
  if (entry.type === "hardlink") {
    const linked = childAt(root, partsOf(entry.target));
    if (linked === undefined || isFolder(linked))
      throw new BuiltinError(`'${displayOf(entry.path)}' is a link to '${displayOf(entry.target)}', which is no file`);
    return linked;
  }
  return { ...(await files.add(entry.contents, entry.sizeBytes)), executable: entry.executable };
}

/** Files up to this size are stored together: a commit each would take longer than all the rest. */
const SMALL_BYTES = 128 * 1024;
const BATCH_BYTES = 4 * 1024 * 1024;

/** Stores files, small ones in batches. */
interface FileBatch {
  add(contents: AsyncIterable<Uint8Array>, sizeBytes: number): Promise<CastoreFileNode>;
  /** Stores what is held back. */
  flush(): Promise<void>;
}

function createFileBatch({ blobs }: Store): FileBatch {
  let held: { readonly bytes: Uint8Array }[] = [];
  let heldBytes = 0;
  const flush = async (): Promise<void> => {
    const batch = held;
    [held, heldBytes] = [[], 0];
    if (batch.length > 0) await blobs.writeMany(batch);
  };
  return {
    async add(contents, sizeBytes) {
      if (sizeBytes > SMALL_BYTES) {
        const info = await blobs.write(contents);
        return { type: "file", digest: info.blake3, size: info.sizeBytes, executable: false };
      }
      const pieces: Uint8Array[] = [];
      for await (const piece of contents) pieces.push(piece);
      const bytes = Buffer.concat(pieces);
      held.push({ bytes });
      heldBytes += bytes.byteLength;
      if (heldBytes > BATCH_BYTES) await flush();
      return { type: "file", digest: hashBytes("blake3", bytes), size: bytes.byteLength, executable: false };
    },
    flush,
  };
}

/** `..` is refused where the path is used. */
function partsOf(path: ByteString): ByteString[] {
  return path.split("/").filter((part) => part !== "" && part !== ".") as ByteString[];
}

/** Looks at the beginning of a stream without taking it away. */
async function withHead(
  source: AsyncIterable<Uint8Array>,
): Promise<{ readonly head: Uint8Array; readonly all: AsyncIterable<Uint8Array> }> {
  const iterator = source[Symbol.asyncIterator]();
  const first = await iterator.next();
  const head = first.done === true ? new Uint8Array(0) : first.value;
  async function* all(): AsyncGenerator<Uint8Array> {
    try {
      if (head.byteLength > 0) yield head;
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  }
  return { head, all: all() };
}
