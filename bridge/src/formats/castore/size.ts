import type { CastoreDirectory } from "./node.js";

/**
 * How a directory's size is counted. `spec`: each entry once, as the comment in castore.proto says. `legacy`: each entry twice, as every
 * Tvix and Snix up to 2026 writes and checks. In both the sizes that child directories claim are added.
 *
 * Source: Tvix, castore/src/proto/mod.rs (`size_checked`) and castore/src/nodes/directory.rs (`size`).
 */
export type CastoreSizeRule = "spec" | "legacy";

/** The size of a directory by a rule, from what its entries claim. */
export function sizeOf(directory: CastoreDirectory, rule: CastoreSizeRule): number {
  let below = 0;
  for (const { node } of directory.entries) if (node.type === "directory") below += node.size;
  return below + directory.entries.length * (rule === "spec" ? 1 : 2);
}

/** Whether a parent may claim this size for a child: anything from the size of the specification to the legacy one, as Snix accepts. */
export function acceptsSize(child: CastoreDirectory, claimed: number): boolean {
  const size = sizeOf(child, "spec");
  return claimed >= size && claimed <= size + child.entries.length;
}
