import { readFileSync, readdirSync, readlinkSync } from "node:fs";

/** What a process of this machine holds. */
export interface ProcessUse {
  /** Resident, without files that are only mapped. */
  readonly memoryBytes: number;
  /** Connections. */
  readonly sockets: number;
  /** Open files with a name. */
  readonly files: number;
}

export function useOf(pid: number): ProcessUse {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const targets = readdirSync(`/proc/${pid}/fd`).map((descriptor) => targetOf(`/proc/${pid}/fd/${descriptor}`));
  return {
    memoryBytes: Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)![1]) * 1024,
    sockets: targets.filter((target) => target.startsWith("socket:")).length,
    files: targets.filter((target) => target.startsWith("/")).length,
  };
}

function targetOf(descriptor: string): string {
  try {
    return readlinkSync(descriptor);
  } catch {
    return ""; // Closed since.
  }
}

const POLL_MS = 50;

/** Waits for something that the kernel or another process does. @throws Error after `timeoutMs`. */
export async function eventually(what: string, isSo: () => boolean, timeoutMs = 20_000): Promise<void> {
  for (const endMs = performance.now() + timeoutMs; !isSo();) {
    if (performance.now() > endMs) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
