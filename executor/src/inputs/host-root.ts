import { chmodSync, lstatSync, mkdirSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { OciMount } from "../sandbox/oci-config.js";

/** Where an action on the host's toolchains finds its input root. */
export const WORKING_TREE = "/build";

/** What of the host its actions see unless the options say otherwise: programs, libraries, and what these need to be configured. */
export const defaultHostPaths: readonly string[] = [
  "/usr",
  "/bin",
  "/sbin",
  "/lib",
  "/lib32",
  "/lib64",
  "/libx32",
  "/etc",
  "/opt",
];

/** The root directory of all containers on the host's toolchains: nothing in it changes. */
export interface HostRoot {
  readonly directory: string;
  /** The host's directories and files in it. */
  readonly mounts: readonly OciMount[];
}

/** Directories of the root that get mounts of each container's own. */
const PLACES = ["proc", "dev", "tmp", WORKING_TREE.slice(1)];

/**
 * Makes that root directory: what the host has as a symlink (`/bin` on most systems) is one in it too, everything else is mounted read-only,
 * with the mounts below it.
 *
 * @param directory must not exist.
 * @param hostPaths absolute paths of the host; those that it does not have are left out.
 */
export function makeHostRoot(directory: string, hostPaths: readonly string[]): HostRoot {
  mkdirSync(directory, { recursive: true });
  for (const name of PLACES) mkdirSync(join(directory, name));
  const mounts: OciMount[] = [];
  for (const path of hostPaths) {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    const inside = join(directory, path);
    if (stats === undefined || lstatSync(inside, { throwIfNoEntry: false }) !== undefined) continue;
    mkdirSync(dirname(inside), { recursive: true });
    if (stats.isSymbolicLink()) {
      symlinkSync(readlinkSync(path), inside);
      continue;
    }
    if (stats.isDirectory()) mkdirSync(inside);
    else writeFileSync(inside, "");
    mounts.push({
      destination: path,
      type: "none",
      source: path,
      // Mounts below come along, for a user namespace may not take them off what they cover.
      options: ["rbind", "ro", "nosuid", "nodev"],
    });
  }
  return { directory, mounts };
}

/**
 * Makes the directory that becomes `/tmp` of one action.
 *
 * @param parent the action's own.
 * @returns its mounts: input root and `/tmp`.
 */
export function ownMounts(parent: string, root: string): OciMount[] {
  const tmp = join(parent, "tmp");
  mkdirSync(tmp);
  chmodSync(tmp, 0o1777);
  return [ownMount(tmp, "/tmp"), ownMount(root, WORKING_TREE)];
}

function ownMount(source: string, destination: string): OciMount {
  return { destination, type: "none", source, options: ["bind", "rw", "nosuid", "nodev"] };
}
