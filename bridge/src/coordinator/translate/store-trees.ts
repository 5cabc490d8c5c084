import { digestOf, type Digest, type DigestFunction } from "../../digest/index.js";
import type { CastoreFileNode, CastoreNode } from "../../formats/index.js";
import { Code, StatusError } from "../../status/index.js";
import { digestOfFile, type Clock, type Store } from "../../store/index.js";
import type { RootNode } from "./input-root.js";
import { createRecentMap } from "./recent-map.js";

/** The root nodes of store paths as an input root holds them, remembered for a while. */
export interface StoreTrees {
  /** @throws StatusError NotFound if contents are gone. */
  rootNodeOf(node: CastoreNode): Promise<RootNode>;
}

/** A closure has a few hundred paths, a whole system ten thousand; an entry takes some 300 bytes. */
const ENTRIES_MAX = 50_000;
/** Well within the grace period in which nothing that was found is collected. */
const TTL_MS = 5 * 60_000;

/** @param fn of the Actions; the trees of each function are others. */
export function createStoreTrees(
  { blobs, trees }: Pick<Store, "blobs" | "trees">,
  fn: DigestFunction,
  clock: Clock,
): StoreTrees {
  const known = createRecentMap<Digest>({ entriesMax: ENTRIES_MAX, ttlMs: TTL_MS, clock });

  async function fileDigest(node: CastoreFileNode): Promise<Digest> {
    const digest = digestOfFile(node);
    if (fn === "blake3") return digest;
    const info = await blobs.stat(digest);
    if (info === undefined) throw new StatusError(Code.NotFound, `blob ${digest.hash} of an input is gone`);
    return digestOf(info, fn);
  }

  async function remembered(hash: string, find: () => Promise<Digest>): Promise<Digest> {
    const seen = known.get(hash);
    if (seen !== undefined) return seen;
    const digest = await find();
    known.set(hash, digest);
    return digest;
  }

  return {
    async rootNodeOf(node) {
      if (node.type === "symlink") return node;
      if (node.type === "directory") {
        const digest = await remembered(node.digest, () => trees.toReapi(node.digest, fn));
        return { type: "tree", digest };
      }
      const digest = await remembered(node.digest, () => fileDigest(node));
      return { type: "file", digest, executable: node.executable };
    },
  };
}
