import { spawn } from "node:child_process";

/** How a program ended. Its output is one character a byte (latin1), because builders may say anything. */
export interface Ended {
  readonly exit: number | string;
  readonly stdout: string;
  readonly stderr: string;
  readonly wallMs: number;
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** A program that takes longer is killed with all that it started in its process group. */
  readonly timeoutMs?: number;
}

/** Long enough for the slowest single step of any test, short enough that a hanging one is noticed. */
const TIMEOUT_MS = 300_000;

/** Runs a program to its end; its failure is an answer, not an error. */
export async function runProgram(argv: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const started = performance.now();
  const child = spawn(argv[0]!, argv.slice(1), {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    env: options.env ?? process.env,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const timer = setTimeout(() => {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  }, options.timeoutMs ?? TIMEOUT_MS);
  try {
    const ended = new Promise<number | string>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => resolve(code ?? signal ?? "unknown"));
    });
    const [exit, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
    return { exit, stdout, stderr, wallMs: performance.now() - started };
  } finally {
    clearTimeout(timer);
  }
}

/** Runs a program that has to succeed. @returns its standard output. @throws Error with what it said. */
export async function output(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  return outputOf(argv, await runProgram(argv, options));
}

/** The standard output of a program that had to succeed. @throws Error with what it said. */
export function outputOf(argv: readonly string[], ended: Ended): string {
  if (ended.exit !== 0) throw new Error(`${argv.join(" ")}: ${ended.exit}\n${ended.stderr}`);
  return ended.stdout;
}

async function text(stream: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces).toString("latin1");
}
