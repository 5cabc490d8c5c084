import { readFileSync } from "node:fs";
import { readdir, rmdir } from "node:fs/promises";
import { join } from "node:path";

const CGROUPS = "/sys/fs/cgroup";

/** The name of the cgroup of a container with limits. */
export const cgroupOf = (containerId: string): string => `causeway-${containerId}`;

/**
 * Removes the cgroups of containers that are gone but whose runtime was killed before it could. A cgroup that still has processes stays.
 *
 * Runtimes make them below the root of each hierarchy, or (runc, when it is given no name) below our own, with the container's id as name.
 */
export async function removeCgroups(containerIds: readonly string[]): Promise<void> {
  // The hierarchies of version 1 are directories of the mount point; that of version 2 is the mount point itself.
  const roots = [CGROUPS, ...(await readdir(CGROUPS).catch(() => [])).map((name) => join(CGROUPS, name))];
  const parents = roots.flatMap((root) => ownCgroups().map((own) => join(root, own)));
  const names = containerIds.flatMap((id) => [id, cgroupOf(id)]);
  for (const parent of parents) for (const name of names) await rmdir(join(parent, name)).catch(() => undefined); // Almost all of these never existed.
}

/** The root, and where this process is in any hierarchy. Source: cgroups(7), /proc/pid/cgroup. */
function ownCgroups(): string[] {
  const lines = readFileSync("/proc/self/cgroup", "utf8").trim().split("\n");
  return [...new Set(["/", ...lines.map((line) => line.split(":").slice(2).join(":"))])];
}
