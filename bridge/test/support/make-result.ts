import {
  byteStringOf,
  type ActionResult,
  type ByteString,
  type CastoreEntry,
  type CastoreNode,
} from "#src/formats/index.js";
import type { DigestFunction } from "#src/digest/index.js";
import type { Store } from "#src/store/index.js";

/** A tree as tests write it: text is a file, `{ "->": target }` a symlink, `{ x: text }` an executable, anything else a directory. */
export type TreeLiteral =
  string | { readonly link: string } | { readonly executable: string } | ReadonlyMap<string, TreeLiteral>;

/** Stores a tree. Texts are latin1. */
export async function storeTree(store: Store, tree: TreeLiteral): Promise<CastoreNode> {
  if (tree instanceof Map) {
    const entries: CastoreEntry[] = [];
    for (const [name, child] of [...(tree as ReadonlyMap<string, TreeLiteral>)].sort(([a], [b]) => (a < b ? -1 : 1)))
      entries.push({ name: name as ByteString, node: await storeTree(store, child) });
    let size = entries.length;
    for (const { node } of entries) if (node.type === "directory") size += node.size;
    const [digest] = await store.directories.putMany([{ entries }]);
    return { type: "directory", digest: digest!, size };
  }
  const literal = tree as Exclude<TreeLiteral, ReadonlyMap<string, TreeLiteral>>;
  if (typeof literal === "object" && "link" in literal) return { type: "symlink", target: literal.link as ByteString };
  const [text, executable] = typeof literal === "string" ? [literal, false] : [literal.executable, true];
  const [info] = await store.blobs.writeMany([{ bytes: Buffer.from(text, "latin1") }]);
  return { type: "file", digest: info!.blake3, size: info!.sizeBytes, executable };
}

/** The result of an action that left these nodes, by store path base name. */
export async function resultOf(
  store: Store,
  outputs: Readonly<Record<string, CastoreNode>>,
  options: { readonly fn?: DigestFunction; readonly asTree?: boolean } = {},
): Promise<ActionResult> {
  const { fn = "blake3", asTree = false } = options;
  const result = {
    outputFiles: [] as ActionResult["outputFiles"][number][],
    outputDirectories: [] as ActionResult["outputDirectories"][number][],
    outputSymlinks: [] as ActionResult["outputSymlinks"][number][],
    exitCode: 0,
  };
  for (const [base, node] of Object.entries(outputs)) {
    const path = byteStringOf(`../nix/store/${base}`);
    if (node.type === "symlink") result.outputSymlinks.push({ path, target: node.target });
    else if (node.type === "directory")
      result.outputDirectories.push(
        asTree
          ? { path, treeDigest: await store.trees.toTree(node.digest, fn) }
          : { path, rootDirectoryDigest: await store.trees.toReapi(node.digest, fn) },
      );
    else {
      const info = await store.blobs.stat({ fn: "blake3", hash: node.digest, sizeBytes: node.size });
      const digest = { fn, hash: info![fn], sizeBytes: node.size };
      result.outputFiles.push({ path, digest, isExecutable: node.executable });
    }
  }
  return result;
}
