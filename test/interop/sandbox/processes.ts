import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Processes of this machine, whoever's they are, that have `word` among their arguments. */
export function processesOf(word: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => argumentsOf(pid).includes(word));
}

/** Mounts that this process sees at or below a directory. */
export function mountsBelow(directory: string): string[] {
  return readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "")
    .filter((place) => place === directory || place.startsWith(`${directory}/`));
}

function argumentsOf(pid: number): string[] {
  try {
    const words = readFileSync(`/proc/${String(pid)}/cmdline`, "latin1").split("\0");
    return words.flatMap((word) => [word, ...word.split(/[\s;&']+/)]);
  } catch {
    return []; // It has ended meanwhile.
  }
}

/** Directories of cgroups whose names begin so, in every hierarchy of version 1 and in that of version 2. */
export function cgroupsOf(beginning: string): string[] {
  const base = "/sys/fs/cgroup";
  return ["", ...readdirSync(base)]
    .map((name) => join(base, name))
    .filter((parent) => statSync(parent).isDirectory())
    .flatMap((parent) => readdirSync(parent).map((name) => ({ parent, name })))
    .filter(({ name }) => name.startsWith(beginning))
    .map(({ parent, name }) => join(parent, name));
}
