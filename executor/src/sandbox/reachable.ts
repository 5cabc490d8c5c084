import { chmodSync, mkdirSync, mkdtempSync, rmdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Code, StatusError } from "@causeway/bridge/status";
import type { DirectoryAlias } from "./runtime-shell.js";

/** Where everybody may reach; one of them exists everywhere. */
const OPEN_PLACES = ["/tmp", "/var/tmp", "/run"];

/** Directories under names by which the users of sandboxes reach them. */
export interface ReachableDirectories extends Disposable {
  readonly aliases: readonly DirectoryAlias[];
  /** The name of a path in or below one of the directories that sandboxes use. */
  nameOf(path: string): string;
}

/**
 * Makes directories reachable for the users that sandboxes run as, who are others than we: below a home that is closed to others (mode 0700) a
 * runtime cannot open the root directory of a sandbox, nor the trees it mounts. Each such directory gets another name, where a runtime shell mounts
 * it for itself and its containers.
 *
 * @param directories exist.
 * @throws StatusError FailedPrecondition if there is no place that others reach.
 */
export function makeReachable(directories: readonly string[]): ReachableDirectories {
  const closed = directories.filter((directory) => process.getuid?.() === 0 && !isOpen(dirname(resolve(directory))));
  if (closed.length === 0) return { aliases: [], nameOf: (path) => path, [Symbol.dispose]: () => undefined };
  const place = OPEN_PLACES.find((open) => isOpen(open));
  if (place === undefined)
    throw new StatusError(
      Code.FailedPrecondition,
      `the users of sandboxes cannot reach ${closed[0]!}, nor any of ${OPEN_PLACES.join(", ")}`,
    );
  const home = mkdtempSync(join(place, "causeway-"));
  chmodSync(home, 0o711);
  const aliases = closed.map((path, index) => ({ path: resolve(path), alias: join(home, String(index)) }));
  for (const { alias } of aliases) mkdirSync(alias, 0o711);
  return {
    aliases,
    nameOf(path) {
      const found = aliases.find((entry) => path === entry.path || path.startsWith(`${entry.path}/`));
      return found === undefined ? path : found.alias + path.slice(found.path.length);
    },
    [Symbol.dispose]() {
      // Each must be empty here: were it not, it would be the directory itself that we look at.
      for (const { alias } of aliases) rmdirSync(alias);
      rmdirSync(home);
    },
  };
}

/** Whether others may go through a directory and all above it. */
function isOpen(directory: string): boolean {
  for (let at = directory; ; at = dirname(at)) {
    const stats = statSync(at, { throwIfNoEntry: false });
    if (stats === undefined || (stats.mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}
