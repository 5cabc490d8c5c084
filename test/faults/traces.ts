import { readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";

/** What a program left on the machine that can be told by the name of a directory made for this test alone. */
export interface Traces {
  /** Process ids, with what they run. */
  readonly processes: readonly string[];
  readonly mounts: readonly string[];
}

/** Looks at every process (command, environment, directories, mounts of its namespace) and at our own mounts for `directory`. */
export async function findTraces(directory: string): Promise<Traces> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const processes: string[] = [];
  for (const id of ids) {
    // Processes end while we look, and kernel threads have nothing to read.
    const read = (file: string): Promise<string> => readFile(join("/proc", id, file), "latin1").catch(() => "");
    const link = (file: string): Promise<string> => readlink(join("/proc", id, file)).catch(() => "");
    const seen = await Promise.all([
      read("cmdline"),
      read("environ"),
      read("mountinfo"),
      link("cwd"),
      link("root"),
      link("exe"),
    ]);
    if (seen.some((text) => text.includes(directory)))
      processes.push(`${id} ${seen[0].replaceAll("\0", " ").slice(0, 200)}`);
  }
  const mounts = (await readFile("/proc/self/mounts", "latin1")).split("\n").filter((line) => line.includes(directory));
  return { processes, mounts };
}

/** Waits until nothing is left: the kernel takes its time to end processes that were killed. @returns what is left after `limitMs`. */
export async function tracesAfter(directory: string, limitMs: number): Promise<Traces> {
  const until = performance.now() + limitMs;
  for (;;) {
    const traces = await findTraces(directory);
    if (performance.now() > until || traces.processes.length + traces.mounts.length === 0) return traces;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
