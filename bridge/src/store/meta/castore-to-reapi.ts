import { digestOf, emptyBlob, emptyHash, hashBytes, type Digest, type DigestFunction } from "../../digest/index.js";
import { sizeOf, type CastoreDirectory } from "../../formats/castore/index.js";
import {
  encodeReapiDirectory,
  type DirectoryNode,
  type FileNode,
  type SymlinkNode,
} from "../../formats/reapi/index.js";
import { Code, StatusError } from "../../status/index.js";
import type { StoreCore } from "../store-core.js";
import { checkDirectoryCount } from "./castore-walk.js";
import { readDirectory } from "./create-directory-store.js";
import type { DirectoryName, TreeMemo } from "./tree-memo.js";

/** Messages are written in batches of about this size. */
const BATCH_BYTES = 4 * 1024 * 1024;

interface Frame {
  readonly name: DirectoryName;
  readonly directory: CastoreDirectory;
  next: number;
}

/** {@link TreeView.toReapi}: children before parents, each directory once, without recursion. */
export async function castoreToReapi(
  core: StoreCore,
  memo: TreeMemo,
  root: string,
  fn: DigestFunction,
): Promise<Digest> {
  const remembered = root === emptyHash.blake3 ? digestOf(emptyBlob, fn) : memo.forward("directory", fn, root);
  if (remembered !== undefined) {
    readDirectory(core, root); // Counts as a use.
    return remembered;
  }
  const generation = core.generation.current();
  const done = new Map<string, Digest>([[emptyHash.blake3, digestOf(emptyBlob, fn)]]);
  const writer = createMessageWriter(core, memo, fn, generation);
  const stack: Frame[] = [open(core, root)];
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const entry = frame.directory.entries[frame.next++];
    if (entry === undefined) {
      stack.pop();
      done.set(frame.name.digest, await writer.add(frame.name, encode(core, frame, fn, done)));
      checkDirectoryCount(done.size);
    } else if (entry.node.type === "directory" && !done.has(entry.node.digest)) {
      const known = memo.forward("directory", fn, entry.node.digest);
      if (known === undefined) stack.push(open(core, entry.node.digest));
      else done.set(entry.node.digest, known);
    }
  }
  await writer.flush();
  return done.get(root)!;
}

function open(core: StoreCore, digest: string): Frame {
  const directory = readDirectory(core, digest);
  if (directory === undefined) throw new StatusError(Code.NotFound, `directory ${digest} is not in the store`);
  return { name: { digest, size: sizeOf(directory, "legacy") }, directory, next: 0 };
}

function encode(
  core: StoreCore,
  { directory, name: parent }: Frame,
  fn: DigestFunction,
  done: ReadonlyMap<string, Digest>,
): Uint8Array {
  const files: FileNode[] = [];
  const directories: DirectoryNode[] = [];
  const symlinks: SymlinkNode[] = [];
  for (const { name, node } of directory.entries) {
    if (node.type === "symlink") symlinks.push({ name, target: node.target });
    else if (node.type === "directory") directories.push({ name, digest: done.get(node.digest)! });
    else {
      const info = core.blobIndex.infoByBlake3(node.digest);
      if (info?.sizeBytes !== node.size)
        throw new StatusError(
          Code.NotFound,
          `directory ${parent.digest} names blob ${node.digest}, which is not in the store`,
        );
      files.push({ name, digest: digestOf(info, fn), isExecutable: node.executable });
    }
  }
  return encodeReapiDirectory({ files, directories, symlinks });
}

interface MessageWriter {
  add(name: DirectoryName, message: Uint8Array): Promise<Digest>;
  flush(): Promise<void>;
}

/** Writes messages in batches, and remembers a batch once its messages (and so all below them) are written. */
function createMessageWriter(core: StoreCore, memo: TreeMemo, fn: DigestFunction, generation: number): MessageWriter {
  let pending: { name: DirectoryName; message: Uint8Array; digest: Digest }[] = [];
  let pendingBytes = 0;

  async function flush(): Promise<void> {
    const batch = pending;
    pending = [];
    pendingBytes = 0;
    if (batch.length === 0) return;
    await core.blobs.writeMany(batch.map(({ message }) => ({ bytes: message })));
    if (core.readOnly) return;
    await core.index.write(() => {
      for (const { name, digest } of batch) memo.putForward("directory", name, digest, generation);
    });
  }

  return {
    flush,
    async add(name, message) {
      const digest: Digest = { fn, hash: hashBytes(fn, message), sizeBytes: message.byteLength };
      pending.push({ name, message, digest });
      pendingBytes += message.byteLength;
      if (pendingBytes > BATCH_BYTES) await flush();
      return digest;
    },
  };
}
