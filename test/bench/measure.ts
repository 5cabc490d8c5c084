import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { runProgram } from "../interop/nix/run-program.ts";

/** GNU time, which knows the peak resident size of what it ran (of the largest process of it). */
const TIME = "/usr/bin/time";

/** One run of a program. */
export interface Measurement {
  readonly wallMs: number;
  /** `undefined` without GNU time (Debian: `time`). */
  readonly peakKiB: number | undefined;
}

/** What goes in front of a program so that {@link peakOf} knows its peak. */
export function peakArguments(directory: string): string[] {
  return existsSync(TIME) ? [TIME, "--quiet", "--format", "%M", "--output", join(directory, "peak")] : [];
}

/** The peak of the last program that ran with {@link peakArguments}. */
export async function peakOf(directory: string): Promise<number | undefined> {
  return existsSync(TIME) ? Number(await readFile(join(directory, "peak"), "utf8")) : undefined;
}

/** Runs a program to its end. @throws Error if it fails. */
export async function measure(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  directory: string,
): Promise<Measurement & { readonly stdout: string }> {
  const ended = await runProgram([...peakArguments(directory), ...argv], { env });
  if (ended.exit !== 0) throw new Error(`${argv.join(" ")}: ${ended.exit}\n${ended.stderr}`);
  return { wallMs: ended.wallMs, peakKiB: await peakOf(directory), stdout: ended.stdout };
}

/** The middle of several runs, and all of them. */
export function summary(runs: readonly Measurement[]): object {
  return {
    medianMs: Math.round(median(runs.map(({ wallMs }) => wallMs))),
    peakMiB: Number((Math.max(...runs.map(({ peakKiB }) => peakKiB ?? NaN)) / 1024).toFixed(1)),
    wallMs: runs.map(({ wallMs }) => Math.round(wallMs)),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
