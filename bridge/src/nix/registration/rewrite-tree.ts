import { createHashRewriter, type CastoreDirectory, type CastoreEntry, type CastoreNode } from "../../formats/index.js";
import { Code, StatusError } from "../../status/index.js";
import { digestOfFile, type Store } from "../../store/index.js";
import { rewriteHashes, rewriteText, type HashRewrites } from "./hash-rewriting.js";

/**
 * A tree with hash parts replaced in names, targets and contents. What has none stays the same.
 *
 * @throws StatusError NotFound if something of it is gone; DataLoss.
 */
export async function rewriteTree(store: Store, node: CastoreNode, rewrites: HashRewrites): Promise<CastoreNode> {
  if (rewrites.size === 0) return node;
  switch (node.type) {
    case "symlink":
      return { type: "symlink", target: rewriteText(node.target, rewrites) };
    case "file":
      return rewriteFile(store, node, rewrites);
    case "directory":
      return rewriteDirectory(store, node, rewrites);
  }
}

async function rewriteFile(
  { blobs }: Store,
  node: CastoreNode & { readonly type: "file" },
  rewrites: HashRewrites,
): Promise<CastoreNode> {
  const source = blobs.read(digestOfFile(node));
  const info = await blobs.write(rewriteHashes(source, createHashRewriter(rewrites)));
  return { ...node, digest: info.blake3 };
}

async function rewriteDirectory(
  store: Store,
  node: CastoreNode & { readonly type: "directory" },
  rewrites: HashRewrites,
): Promise<CastoreNode> {
  const directory = await store.directories.get(node.digest);
  if (directory === undefined) throw new StatusError(Code.NotFound, `directory ${node.digest} of an output is gone`);
  const entries: CastoreEntry[] = [];
  for (const entry of directory.entries)
    entries.push({ name: rewriteText(entry.name, rewrites), node: await rewriteTree(store, entry.node, rewrites) });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const rewritten: CastoreDirectory = { entries };
  const [digest] = await store.directories.putMany([rewritten]);
  return { type: "directory", digest: digest!, size: node.size };
}
