import type { CastoreNode, NarTree } from "../../formats/index.js";
import { Code, StatusError } from "../../status/index.js";
import type { DirectoryStore } from "../../store/index.js";

/** A file's contents, by what finds them. */
export type FileNode = CastoreNode & { readonly type: "file" };

/** Directories of one tree. The Linux kernel has six thousand; this many take some gigabytes, and come from an attack. */
const DIRECTORIES_MAX = 4_000_000;

/**
 * The directories of a tree, with files by reference. Equal directories are one object.
 *
 * @throws StatusError NotFound if one is gone; ResourceExhausted above four million.
 */
export async function loadTree(directories: DirectoryStore, root: CastoreNode): Promise<NarTree<FileNode>> {
  if (root.type !== "directory") return leaf(root);
  const loaded = new Map<string, Extract<NarTree<FileNode>, { type: "directory" }>>();
  const pending: string[] = [];
  const treeOf = (digest: string): NarTree<FileNode> => {
    let tree = loaded.get(digest);
    if (tree === undefined) {
      loaded.set(digest, (tree = { type: "directory", entries: [] }));
      pending.push(digest);
      if (loaded.size > DIRECTORIES_MAX)
        throw new StatusError(Code.ResourceExhausted, `a tree has more than ${DIRECTORIES_MAX} directories`);
    }
    return tree;
  };
  const tree = treeOf(root.digest);
  for (let digest = pending.pop(); digest !== undefined; digest = pending.pop()) {
    const directory = await directories.get(digest);
    if (directory === undefined) throw new StatusError(Code.NotFound, `directory ${digest} is gone`);
    const entries = directory.entries.map(({ name, node }) => ({
      name,
      node: node.type === "directory" ? treeOf(node.digest) : leaf(node),
    }));
    Object.assign(loaded.get(digest)!, { entries });
  }
  return tree;
}

function leaf(node: Exclude<CastoreNode, { type: "directory" }>): NarTree<FileNode> {
  if (node.type === "symlink") return node;
  return { type: "file", executable: node.executable, sizeBytes: node.size, source: node };
}
