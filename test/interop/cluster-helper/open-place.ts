import { chmod, copyFile, link, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runProgram, type Ended } from "../nix/run-program.ts";

/** What `npm run build` made of `executor/helper/causeway-run`. */
const HELPER = fileURLToPath(import.meta.resolve("@causeway/executor/cluster-helper"));

export const OUTPUT = "/nix/store/00000000000000000000000000000000-out";
export const INPUT = "/nix/store/11111111111111111111111111111111-in";

/** How the helper is called; see its `main.c`. */
export interface Order {
  readonly how?: "wrapped" | "network";
  readonly form?: "trees" | "archives";
  readonly silenceS?: number;
  readonly logBytes?: number;
  readonly outputs?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** The whole file of words that are not UTF-8. */
  readonly words?: string;
}

/** An input root as a plain runner of a cluster has it. */
export interface Place extends AsyncDisposable {
  readonly directory: string;
  /** The command line that has the helper run `sh -c SCRIPT`. */
  command(script: string, order?: Order): string[];
  /** Runs it. @returns also the report's lines, none if there is no report. */
  run(script: string, order?: Order): Promise<Ended & { readonly report: readonly string[] }>;
}

/** With busybox for `/bin/sh`, one input with a file `f`, and the usual folders. */
export async function openPlace(): Promise<Place> {
  const directory = await mkdtemp(join(tmpdir(), "causeway-cluster-helper-"));
  for (const folder of [
    "out",
    "root/bin",
    "root/etc",
    "root/dev",
    "root/proc",
    "root/tmp",
    "root/build",
    `root${INPUT}`,
  ])
    await mkdir(join(directory, folder), { recursive: true });
  await copyFile("/bin/busybox", join(directory, "root/bin/sh"));
  await copyFile(HELPER, join(directory, "causeway-run"));
  await writeFile(join(directory, "root", INPUT, "f"), "input\n", { mode: 0o444 });
  // As workers do that have files in a cache, each once.
  await writeFile(join(directory, "cached-input"), "cached\n", { mode: 0o644 });
  for (const name of ["one", "same"]) await link(join(directory, "cached-input"), join(directory, "root", INPUT, name));
  await writeFile(join(directory, "cached"), "cached\n", { mode: 0o444 });
  await link(join(directory, "cached"), join(directory, "root/build/cached"));
  const command: Place["command"] = (script, order = {}) => {
    const { how = "wrapped", form = "trees", silenceS = 0, logBytes = 0, outputs = [OUTPUT], words } = order;
    const builder = words === undefined ? ["/bin/sh", "-c", script] : [];
    const limits = [String(silenceS), String(logBytes)];
    return ["./causeway-run", "2", how, form, ...limits, "out", String(outputs.length), ...outputs, ...builder];
  };
  return {
    directory,
    command,
    async run(script, order = {}) {
      if (order.words !== undefined) await writeFile(join(directory, "words"), order.words, "latin1");
      const env = order.env ?? { out: OUTPUT };
      const ended = await runProgram(command(script, order), { cwd: directory, env, timeoutMs: 60_000 });
      const report = await readFile(join(directory, "out/report"), "utf8").catch(() => "");
      return { ...ended, report: report.split("\n").slice(0, -1) };
    },
    async [Symbol.asyncDispose]() {
      await chmod(join(directory, "root"), 0o700);
      await rm(directory, { recursive: true, force: true });
    },
  };
}
