import { readFileSync, readdirSync, statSync, type Stats } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { byteStringOf } from "@causeway/bridge/formats";
import { StatusError } from "@causeway/bridge/status";
import { removeTree } from "./inputs/remove-tree.js";
import { removeCgroups } from "./sandbox/remove-cgroups.js";

/** How long processes may take to go after SIGKILL, and how often we look. */
const GONE_TIMEOUT_MS = 10_000;
const LOOK_MS = 10;

/**
 * Ends what an earlier process of ours left behind when it was killed: containers that still run, their cgroups, and the files of its actions.
 * Only who has the state's lock may do this.
 *
 * A container is known by its root directory, which lies below `workDirectory`: unlike a process id that cannot belong to anybody else by chance.
 *
 * @throws StatusError if the files cannot be removed.
 */
export async function recover(workDirectory: string): Promise<void> {
  const names = await entriesOf(workDirectory);
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
  await removeCgroups(names);
  for (const name of names) {
    const left = join(workDirectory, name);
    await removeTree(byteStringOf(left)).catch((reason: unknown) => {
      throw StatusError.wrap(reason, `cannot remove ${left}, which an interrupted build has left`);
    });
  }
}

async function entriesOf(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw StatusError.wrap(error, `cannot look into ${directory}`);
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
