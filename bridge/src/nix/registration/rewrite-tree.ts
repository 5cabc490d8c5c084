import { hashBytes } from "../../digest/index.js";
import {
  createHashRewriter,
  createReferenceScanner,
  directoryDigest,
  type CastoreDirectory,
  type CastoreDirectoryNode,
  type CastoreEntry,
  type CastoreFileNode,
  type CastoreNode,
} from "../../formats/index.js";
import { Code, StatusError } from "../../status/index.js";
import { digestOfFile, type Store } from "../../store/index.js";
import { rewriteHashes, rewriteText, type HashRewrites } from "./hash-rewriting.js";

/** Files up to this size are read and stored together, larger ones as streams. */
const SMALL_BYTES = 128 * 1024;
/** What is held before it is stored. */
const BATCH_BYTES = 4 * 1024 * 1024;

/**
 * A tree with hash parts replaced in names, targets and contents. What has none is not stored again.
 *
 * @throws StatusError NotFound if something of it is gone; DataLoss.
 */
export async function rewriteTree(store: Store, node: CastoreNode, rewrites: HashRewrites): Promise<CastoreNode> {
  if (rewrites.size === 0) return node;
  const rewriting: Rewriting = { store, rewrites, blobs: [], blobsBytes: 0, directories: [], done: new Map() };
  const rewritten = await rewriteNode(rewriting, node);
  await flushBlobs(rewriting);
  if (rewriting.directories.length > 0) await store.directories.putMany(rewriting.directories);
  return rewritten;
}

interface Rewriting {
  readonly store: Store;
  readonly rewrites: HashRewrites;
  blobs: { readonly bytes: Uint8Array }[];
  blobsBytes: number;
  /** Children before parents. */
  readonly directories: CastoreDirectory[];
  /** By the digest before: equal directories are rewritten once. */
  readonly done: Map<string, CastoreDirectoryNode>;
}

async function rewriteNode(rewriting: Rewriting, node: CastoreNode, contents?: Uint8Array): Promise<CastoreNode> {
  switch (node.type) {
    case "symlink":
      return { type: "symlink", target: rewriteText(node.target, rewriting.rewrites) };
    case "file":
      return rewriteFile(rewriting, node, contents);
    case "directory":
      return rewriteDirectory(rewriting, node);
  }
}

async function rewriteDirectory(rewriting: Rewriting, node: CastoreDirectoryNode): Promise<CastoreDirectoryNode> {
  const done = rewriting.done.get(node.digest);
  if (done !== undefined) return done;
  const directory = await rewriting.store.directories.get(node.digest);
  if (directory === undefined) throw new StatusError(Code.NotFound, `directory ${node.digest} of an output is gone`);
  const contents = await smallFilesOf(rewriting.store, directory);
  const entries: CastoreEntry[] = [];
  let isSame = true;
  for (const entry of directory.entries) {
    const name = rewriteText(entry.name, rewriting.rewrites);
    const child = await rewriteNode(rewriting, entry.node, contents.get(entry));
    isSame &&= name === entry.name && isSameNode(child, entry.node);
    entries.push({ name, node: child });
  }
  let rewritten = node;
  if (!isSame) {
    const changed = { entries: entries.sort((a, b) => (a.name < b.name ? -1 : 1)) };
    rewriting.directories.push(changed);
    rewritten = { type: "directory", digest: directoryDigest(changed), size: node.size };
  }
  rewriting.done.set(node.digest, rewritten);
  return rewritten;
}

function isSameNode(a: CastoreNode, b: CastoreNode): boolean {
  if (a.type === "symlink") return b.type === "symlink" && a.target === b.target;
  return b.type !== "symlink" && a.digest === b.digest;
}

/** Batches of a directory's small files, in one round trip each. */
async function smallFilesOf(
  { blobs }: Store,
  directory: CastoreDirectory,
): Promise<ReadonlyMap<CastoreEntry, Uint8Array>> {
  const contents = new Map<CastoreEntry, Uint8Array>();
  const small = directory.entries.filter(({ node }) => node.type === "file" && node.size <= SMALL_BYTES);
  for (let from = 0; from < small.length;) {
    let [to, bytes] = [from, 0];
    for (; to < small.length && bytes < BATCH_BYTES; to++) bytes += (small[to]!.node as CastoreFileNode).size;
    const batch = small.slice(from, to);
    const found = await blobs.readMany(batch.map(({ node }) => digestOfFile(node as CastoreFileNode)));
    for (const [i, entry] of batch.entries()) if (found[i] !== undefined) contents.set(entry, found[i]);
    from = to;
  }
  return contents;
}

async function rewriteFile(
  rewriting: Rewriting,
  node: CastoreFileNode,
  contents?: Uint8Array,
): Promise<CastoreFileNode> {
  const { blobs } = rewriting.store;
  const read = (): AsyncIterable<Uint8Array> => blobs.read(digestOfFile(node));
  if (node.size > SMALL_BYTES) {
    if (!(await holdsAny(read(), rewriting.rewrites))) return node;
    const info = await blobs.write(rewriteHashes(read(), createHashRewriter(rewriting.rewrites)));
    return { ...node, digest: info.blake3 };
  }
  const before = contents ?? (await readAll(read()));
  const rewriter = createHashRewriter(rewriting.rewrites);
  const bytes = Buffer.concat([rewriter.push(before), rewriter.end()]);
  if (bytes.equals(before)) return node;
  rewriting.blobs.push({ bytes });
  rewriting.blobsBytes += bytes.byteLength;
  if (rewriting.blobsBytes > BATCH_BYTES) await flushBlobs(rewriting);
  return { ...node, digest: hashBytes("blake3", bytes) };
}

async function flushBlobs(rewriting: Rewriting): Promise<void> {
  const { blobs } = rewriting;
  rewriting.blobs = [];
  rewriting.blobsBytes = 0;
  if (blobs.length > 0) await rewriting.store.blobs.writeMany(blobs);
}

async function holdsAny(source: AsyncIterable<Uint8Array>, rewrites: HashRewrites): Promise<boolean> {
  const scanner = createReferenceScanner(rewrites.keys());
  for await (const piece of source) {
    scanner.push(piece);
    if (scanner.found().size > 0) return true;
  }
  return false;
}

async function readAll(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}
