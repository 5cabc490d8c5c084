import type { CastoreNode, NarTree } from "../../../formats/index.js";
import type { Digest } from "../../../digest/index.js";
import { Code, StatusError } from "../../../status/index.js";
import { digestOfFile, type Store } from "../../../store/index.js";

/** Entries of one tree: it is held in memory while a part of its archive is looked for. */
const ENTRIES_MAX = 2_000_000;

/** A stored tree as the index of its archive wants it. Equal directories are one. @throws StatusError NotFound; ResourceExhausted. */
export async function narTreeOf(store: Store, root: CastoreNode): Promise<NarTree<Digest>> {
  const known = new Map<string, NarTree<Digest>>();
  let entryCount = 0;
  async function treeOf(node: CastoreNode): Promise<NarTree<Digest>> {
    if (node.type === "symlink") return node;
    if (node.type === "file")
      return { type: "file", executable: node.executable, sizeBytes: node.size, source: digestOfFile(node) };
    const found = known.get(node.digest);
    if (found !== undefined) return found;
    const directory = await store.directories.get(node.digest);
    if (directory === undefined) throw new StatusError(Code.NotFound, `directory ${node.digest} is not in the store`);
    entryCount += directory.entries.length;
    if (entryCount > ENTRIES_MAX) throw new StatusError(Code.ResourceExhausted, "the tree is too large");
    const entries = [];
    for (const entry of directory.entries) entries.push({ name: entry.name, node: await treeOf(entry.node) });
    const tree: NarTree<Digest> = { type: "directory", entries };
    known.set(node.digest, tree);
    return tree;
  }
  return treeOf(root);
}
