import { bytesOf, byteStringFrom, hasPlainTarget, type ByteString, type CastoreNode } from "../../formats/index.js";
import { listTree, type Clock, type Store } from "../../store/index.js";
import { createRecentMap } from "./recent-map.js";

/** A symlink by its path from the root of a tree, which may be the root itself. */
export type AwkwardLink = readonly [path: ByteString, target: ByteString];

/** Finds symlinks whose targets foreign services may rewrite, e.g. `./f` to `f`. */
export interface AwkwardLinks {
  /** @throws StatusError NotFound if a directory is absent. */
  of(node: CastoreNode): Promise<readonly AwkwardLink[]>;
}

/** Longer lists are not kept in notes, which take 64 KiB. */
const NOTE_BYTES_MAX = 60 * 1024;
const ENTRIES_MAX = 50_000;
/** A tree never changes; only memory is to be bounded. */
const TTL_MS = 24 * 3_600_000;

/** Remembers what each tree has, also from one run of the program to the next: a closure is walked once. */
export function createAwkwardLinks(store: Store, clock: Clock): AwkwardLinks {
  const known = createRecentMap<readonly AwkwardLink[]>({ entriesMax: ENTRIES_MAX, ttlMs: TTL_MS, clock });

  async function find(node: CastoreNode): Promise<readonly AwkwardLink[]> {
    const links: AwkwardLink[] = [];
    for await (const { path, node: child } of listTree(store, node))
      if (child.type === "symlink" && !hasPlainTarget(child.target)) links.push([path, child.target]);
    return links;
  }

  return {
    async of(node) {
      if (node.type === "file") return [];
      if (node.type === "symlink") return find(node);
      const seen = known.get(node.digest);
      if (seen !== undefined) return seen;
      const key = `translate/links/${node.digest}`;
      const note = await store.notes.get(key);
      const links = note === undefined ? await find(node) : readNote(note);
      const text = bytesOf(
        links
          .flat()
          .map((part) => `${part}\0`)
          .join("") as ByteString,
      );
      if (note === undefined && text.byteLength <= NOTE_BYTES_MAX) await store.notes.put(key, text);
      known.set(node.digest, links);
      return links;
    },
  };
}

function readNote(note: Uint8Array): AwkwardLink[] {
  const parts = byteStringFrom(note).split("\0") as ByteString[];
  const links: AwkwardLink[] = [];
  for (let at = 0; at + 1 < parts.length; at += 2) links.push([parts[at]!, parts[at + 1]!]);
  return links;
}
