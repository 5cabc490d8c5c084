import type { Sight } from "./sight.js";

/** What builders have under Nix. Source: Nix, `startBuilder` in src/libstore/build/local-derivation-goal.cc. */
const UID = 1000;
const GID = 100;
const HOST = "localhost";
const DEVICES = [
  "fd",
  "full",
  "null",
  "ptmx",
  "pts",
  "random",
  "shm",
  "stderr",
  "stdin",
  "stdout",
  "tty",
  "urandom",
  "zero",
];

/**
 * What a builder there has not, or has and should not have, as sentences for people.
 *
 * @param isLive whether what it says can be seen while it says it.
 */
export function lacksOf(sight: Sight, isLive: boolean): string[] {
  const { devices, interfaces, uid, gid, hostName } = sight;
  const missing = DEVICES.filter((name) => !devices.includes(name));
  const lacks: string[] = [];
  if (!sight.hasProc) lacks.push("/proc is empty");
  if (missing.length > 0) lacks.push(`of /dev these are missing: ${missing.join(", ")}`);
  if (!sight.hasTmp) lacks.push("/tmp cannot be written to");
  if (uid !== UID || gid !== GID)
    lacks.push(
      `builders run as user ${String(uid)} and group ${String(gid)}, not as ${String(UID)} and ${String(GID)}`,
    );
  if (interfaces.length > 0)
    lacks.push(`builders see the worker's network (${interfaces.join(", ")}), also those that are to have none`);
  if (hostName !== HOST) lacks.push(`builders see the worker's host name (${hostName})`);
  if (sight.canWriteInputs) lacks.push("builders can write into their inputs");
  if (!sight.hasStoreTimes)
    lacks.push("files of inputs have the worker's times, which builds that keep times put into their outputs");
  if (sight.hasLinkedInputs)
    lacks.push("equal files of inputs are one file: builds that copy them with their links and change one change all");
  if (!sight.hasTerminal) lacks.push("output of builders goes to no terminal");
  if (!isLive) lacks.push("output of builders comes when they have ended");
  return lacks;
}
