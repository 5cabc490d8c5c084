import { emptyHash, hashBytes, type Digest } from "../../digest/index.js";
import { encodeDirectory, sizeOf, type CastoreDirectory, type CastoreEntry } from "../../formats/castore/index.js";
import type { Directory } from "../../formats/reapi/index.js";
import { compareBytes } from "../../formats/bytes/byte-string.js";
import { Code, StatusError } from "../../status/index.js";
import type { DirectoryStore } from "../directory-store.js";
import type { StoreCore } from "../store-core.js";
import { ENTRIES_MAX, checkDirectoryCount } from "./castore-walk.js";
import { missingBlobs } from "./completeness.js";
import type { DirectoryName, TreeMemo } from "./tree-memo.js";

/** Gives directory messages by their digests, in the order asked for; `undefined` where one is absent. */
export type ReadDirectories = (digests: readonly Digest[]) => Promise<(Directory | undefined)[]>;

/** Directories asked for at once. */
const BATCH = 512;

/** Directories stored in one commit. */
const COMMIT = 4_096;

const emptyName: DirectoryName = { digest: emptyHash.blake3, size: 0 };

/** What the conversion shares. */
export interface ConversionParts {
  readonly core: StoreCore;
  readonly memo: TreeMemo;
  readonly directories: DirectoryStore;
  readonly read: ReadDirectories;
}

/** {@link TreeView.fromReapi}: reads all messages level by level, then names the directories from the leaves up. */
export async function reapiToCastore(parts: ConversionParts, root: Digest): Promise<DirectoryName> {
  const { core, memo } = parts;
  if (root.sizeBytes === 0) return emptyName;
  const names = new Map<string, DirectoryName>([[emptyHash[root.fn], emptyName]]);
  const messages = await readAll(parts, root, names);
  const rootName = names.get(root.hash);
  if (rootName !== undefined) return rootName;
  const fresh: { directory: CastoreDirectory; name: DirectoryName; reapi: Digest }[] = [];
  for (const reapi of childrenFirst(messages, root, names)) {
    const directory = convert(core, messages.get(reapi.hash)!.directory, names);
    const size = sizeOf(directory, "legacy");
    if (size > ENTRIES_MAX)
      throw new StatusError(Code.InvalidArgument, `a tree of more than ${String(ENTRIES_MAX)} entries`);
    const name = { digest: hashBytes("blake3", encodeDirectory(directory)), size };
    names.set(reapi.hash, name);
    fresh.push({ directory, name, reapi });
  }
  for (let at = 0; at < fresh.length; at += COMMIT) {
    const batch = fresh.slice(at, at + COMMIT);
    await parts.directories.putMany(batch.map(({ directory }) => directory));
    if (!core.readOnly)
      await core.index.write(() => {
        for (const { name, reapi } of batch) memo.putBack("directory", name, reapi);
      });
  }
  return names.get(root.hash)!;
}

type Messages = Map<string, { readonly digest: Digest; readonly directory: Directory }>;

/** All messages below the root that are not remembered. @throws StatusError FailedPrecondition naming everything that is missing. */
async function readAll(parts: ConversionParts, root: Digest, names: Map<string, DirectoryName>): Promise<Messages> {
  const messages: Messages = new Map();
  const absent: Digest[] = [];
  const seen = new Set([root.hash]);
  const queue: Digest[] = [];
  const enqueue = (digest: Digest): void => {
    const name = parts.memo.back("directory", digest);
    if (name === undefined) queue.push(digest);
    else names.set(digest.hash, name);
  };
  enqueue(root);
  for (let at = 0; at < queue.length;) {
    const batch = queue.slice(at, at + BATCH);
    at += batch.length; // The queue grows meanwhile.
    for (const [i, directory] of (await parts.read(batch)).entries()) {
      const digest = batch[i]!;
      if (directory === undefined) {
        absent.push(digest);
        continue;
      }
      messages.set(digest.hash, { digest, directory });
      for (const file of directory.files)
        if (file.digest.sizeBytes > 0 && parts.core.blobIndex.find(file.digest) === undefined) absent.push(file.digest);
      for (const { digest: child } of directory.directories) {
        if (seen.has(child.hash) || child.sizeBytes === 0) continue;
        seen.add(child.hash);
        enqueue(child);
      }
      checkDirectoryCount(seen.size);
    }
  }
  if (absent.length > 0) throw missingBlobs("the directory tree", absent);
  return messages;
}

/** The read directories, every one after all it names. */
function childrenFirst(messages: Messages, root: Digest, names: ReadonlyMap<string, DirectoryName>): Digest[] {
  const order: Digest[] = [];
  const visited = new Set<string>();
  const stack = [{ digest: root, next: 0 }];
  visited.add(root.hash);
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const child = messages.get(frame.digest.hash)!.directory.directories[frame.next++];
    if (child === undefined) {
      stack.pop();
      order.push(frame.digest);
    } else if (!visited.has(child.digest.hash) && !names.has(child.digest.hash)) {
      visited.add(child.digest.hash);
      stack.push({ digest: child.digest, next: 0 });
    }
  }
  return order;
}

function convert(core: StoreCore, directory: Directory, names: ReadonlyMap<string, DirectoryName>): CastoreDirectory {
  const entries: CastoreEntry[] = [];
  for (const { name, digest, isExecutable } of directory.files) {
    const blake3 = digest.sizeBytes === 0 ? emptyHash.blake3 : core.blobIndex.find(digest)?.info.blake3;
    if (blake3 === undefined) throw missingBlobs("the directory tree", [digest]);
    entries.push({ name, node: { type: "file", digest: blake3, size: digest.sizeBytes, executable: isExecutable } });
  }
  for (const { name, digest } of directory.directories)
    entries.push({ name, node: { type: "directory", ...names.get(digest.hash)! } });
  for (const { name, target } of directory.symlinks) entries.push({ name, node: { type: "symlink", target } });
  return { entries: entries.sort((a, b) => compareBytes(a.name, b.name)) };
}
