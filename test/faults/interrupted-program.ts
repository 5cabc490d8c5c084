import { spawn } from "node:child_process";
import { openAsBlob } from "node:fs";
import { pipeline } from "node:stream/promises";

export interface Interruption {
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** A file to read as standard input. */
  readonly input?: string;
  readonly killAfterMs: number;
  /** Kill what it started as well, or itself only. */
  readonly wholeGroup: boolean;
}

export interface Interrupted {
  readonly killed: boolean;
  /** The whole lines it had written to standard output: what it has acknowledged. */
  readonly acknowledged: readonly string[];
  readonly stderr: string;
  readonly wallMs: number;
}

/** Starts a program and kills it with SIGKILL after a while, unless it has ended before. */
export async function interrupt(options: Interruption): Promise<Interrupted> {
  const started = performance.now();
  const child = spawn(options.argv[0]!, options.argv.slice(1), {
    env: options.env,
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const ended = new Promise<NodeJS.Signals | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (_, signal) => resolve(signal));
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (piece: Buffer) => (stdout += piece.toString("latin1")));
  child.stderr.on("data", (piece: Buffer) => (stderr += piece.toString("latin1")));
  // It may be killed while it reads.
  const fed = options.input === undefined ? Promise.resolve(child.stdin.end()) : feed(options.input, child.stdin);
  const timer = setTimeout(() => {
    process.kill(options.wholeGroup ? -child.pid! : child.pid!, "SIGKILL");
  }, options.killAfterMs);
  const signal = await ended;
  clearTimeout(timer);
  await fed;
  const lines = stdout.split("\n").slice(0, -1);
  return { killed: signal === "SIGKILL", acknowledged: lines, stderr, wallMs: performance.now() - started };
}

async function feed(file: string, stdin: NodeJS.WritableStream): Promise<void> {
  const blob = await openAsBlob(file);
  await pipeline(blob.stream(), stdin).catch(() => undefined);
}
