import { readFileSync, readdirSync } from "node:fs";

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
