import { readFile } from "node:fs/promises";

/** Memory of processes while something runs. */
export interface MemorySampler extends Disposable {
  /** The largest sum so far of what was in memory: all of it, and without what is mapped from files. */
  readonly peak: { readonly residentMiB: number; readonly anonymousMiB: number };
}

const INTERVAL_MS = 200;

export function sampleMemory(pids: readonly number[]): MemorySampler {
  const peak = { residentMiB: 0, anonymousMiB: 0 };
  const sample = async (): Promise<void> => {
    const each = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/status`, "utf8").catch(() => "")));
    const sum = (name: string) =>
      Math.round(
        each.reduce((total, text) => total + Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(text)?.[1] ?? 0), 0) /
          1024,
      );
    peak.residentMiB = Math.max(peak.residentMiB, sum("VmRSS"));
    peak.anonymousMiB = Math.max(peak.anonymousMiB, sum("RssAnon"));
  };
  const timer = setInterval(() => void sample(), INTERVAL_MS);
  return { peak, [Symbol.dispose]: () => clearInterval(timer) };
}
