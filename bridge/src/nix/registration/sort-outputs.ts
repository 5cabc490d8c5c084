import { BuildFailure, BuildStatus } from "../../coordinator/build.js";

/**
 * Output names in an order in which each comes after those it refers to.
 *
 * Source: Nix, src/libutil/topo-sort.hh as used by `registerOutputs`; the same names are in the message about the same cycle.
 *
 * @param references of each output to others, by name.
 * @throws BuildFailure OutputRejected for a cycle.
 */
export function sortOutputs(drvPath: string, references: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  const sorted: string[] = [];
  const visited = new Set<string>();
  const parents = new Set<string>();
  const visit = (name: string, parent: string): void => {
    if (parents.has(name))
      throw new BuildFailure(
        BuildStatus.OutputRejected,
        `cycle detected in build of '${drvPath}' in the references of output '${name}' from output '${parent}'`,
      );
    if (visited.has(name)) return;
    visited.add(name);
    parents.add(name);
    for (const child of [...(references.get(name) ?? [])].sort())
      if (child !== name && references.has(child)) visit(child, name);
    sorted.push(name);
    parents.delete(name);
  };
  for (const name of [...references.keys()].sort()) visit(name, name);
  return sorted;
}
