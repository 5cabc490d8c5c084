import { existsSync, readFileSync, readdirSync, rmdirSync, statSync, type Stats } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { byteStringOf } from "@causeway/bridge/formats";
import { cgroupNameOf } from "./sandbox/oci-config.js";
import { removeTree } from "./inputs/remove-tree.js";

/** Where Linux shows cgroups: one tree of version 2, or a directory for each controller of version 1. */
const CGROUPS = "/sys/fs/cgroup";

/** How long processes may take to go after SIGKILL, and how often we look. */
const GONE_TIMEOUT_MS = 10_000;
const LOOK_MS = 10;

/**
 * Ends what an earlier process of ours left behind when it was killed: containers that still run, and the files of its actions.
 *
 * A container is known by its root directory, which lies below `workDirectory`: unlike a process id that cannot belong to anybody else by chance.
 */
export async function recover(workDirectory: string): Promise<void> {
  await mkdir(workDirectory, { recursive: true, mode: 0o711 });
  const names = await readdir(workDirectory);
  if (names.length === 0) return;
  const deadline = Date.now() + GONE_TIMEOUT_MS;
  for (
    let left = containersBelow(workDirectory);
    left.length > 0 && Date.now() < deadline;
    left = containersBelow(workDirectory)
  ) {
    for (const pid of left) kill(pid);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  for (const name of names) {
    removeCgroups(cgroupNameOf(name));
    await removeTree(byteStringOf(join(workDirectory, name)));
  }
}

/** Removes what a killed runtime could not: cgroups of a container, which are empty directories once its processes are gone. */
function removeCgroups(name: string): void {
  if (!existsSync(CGROUPS)) return;
  for (const parent of ["", ...readdirSync(CGROUPS)]) {
    const place = join(CGROUPS, parent, name);
    try {
      if (existsSync(place)) rmdirSync(place);
    } catch {
      // Of a kind or an owner that is not ours to remove; it costs nothing but its name.
    }
  }
}

/** The first processes of containers of this directory, and runtimes that are setting one up. */
function containersBelow(workDirectory: string): number[] {
  const roots = new Set(readdirSync(workDirectory).map((name) => identityOf(join(workDirectory, name, "root"))));
  roots.delete(undefined);
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter(
      (pid) => pid !== process.pid && (roots.has(identityOf(`/proc/${pid}/root/`)) || isRuntimeOf(pid, workDirectory)),
    );
}

/** What a directory is, by whatever name it is reached; `undefined` if it is not there, or not ours to look at. */
function identityOf(path: string): string | undefined {
  const stats = statOrNothing(path);
  return stats === undefined ? undefined : `${stats.dev}:${stats.ino}`;
}

function statOrNothing(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined; // It has ended meanwhile, or belongs to somebody else.
  }
}

function isRuntimeOf(pid: number, workDirectory: string): boolean {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    const bundle = words[words.indexOf("--bundle") + 1];
    return words.includes("--bundle") && bundle !== undefined && bundle.startsWith(`${workDirectory}/`);
  } catch {
    return false;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
