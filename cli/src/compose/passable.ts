import { statSync } from "node:fs";
import { dirname } from "node:path";
import { Code, StatusError } from "@causeway/bridge/status";

/** Others may pass through a directory. */
const PASSABLE = 0o001;

/**
 * The directory on the way to the state that keeps builds out, if there is one. Root's builds run as users of their own, who must be able to
 * pass through each; other users' builds run as themselves.
 *
 * @param uid of this process.
 */
export function impassable(stateDirectory: string, uid: number | undefined): string | undefined {
  if (uid !== 0) return undefined;
  for (let place = stateDirectory; ; place = dirname(place)) {
    const stats = statSync(place, { throwIfNoEntry: false });
    if (stats !== undefined && (stats.mode & PASSABLE) === 0) return place;
    if (place === dirname(place)) return undefined;
  }
}

/** @throws StatusError FailedPrecondition that says what to do. */
export function requirePassable(stateDirectory: string): void {
  const place = impassable(stateDirectory, process.getuid?.());
  if (place === undefined) return;
  throw new StatusError(
    Code.FailedPrecondition,
    `builds run as users of their own, who may not pass through '${place}': ${remedyOf(place)}`,
  );
}

/** What to do about it. */
export function remedyOf(place: string): string {
  return `run 'chmod o+x ${place}', or choose another place with --state`;
}
