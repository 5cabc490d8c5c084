import { spawn } from "node:child_process";
import { closeSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { once } from "node:events";
import { Code, StatusError } from "@causeway/bridge/status";
import type { Runtime } from "./runtimes.js";
import { createComplaintFilter } from "./start-complaint.js";
import { openLogPipe, openNullInput, type LogPipe, type Slot } from "./slot.js";

/** A container to be run: its bundle is ready. */
export interface ContainerRun {
  readonly runtime: Runtime;
  readonly slot: Slot;
  /** Holds `config.json`; gets `pid`. */
  readonly bundle: string;
  /** Of the runtime's own state. */
  readonly stateDirectory: string;
  readonly id: string;
  readonly mergeStderr: boolean;
  readonly withCgroup: boolean;
  /** Whether a launcher of ours comes before the command. */
  readonly viaLauncher: boolean;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onOutput: (stream: "stdout" | "stderr", bytes: Uint8Array) => void;
}

/** How it ended. */
export interface ContainerEnd {
  /** 128 + n for signal n. */
  readonly exitCode: number;
  readonly timedOut: boolean;
  /** What the runtime said; the command was not started. */
  readonly complaint?: string;
}

/** Where the runtime complains, so that its words and the builder's stay apart. */
const RUNTIME_LOG = "runtime.log";

/** After SIGKILL the kernel needs moments; a process that does not go in this time is stuck in it. */
const KILL_TIMEOUT_MS = 30_000;
/** Between two tries to kill while the container is being set up and its first process is not known yet. */
const KILL_RETRY_MS = 20;

/**
 * Runs a container to its end: when the promise resolves no process of it is left, because its first process is gone and with it the whole
 * PID namespace.
 *
 * @throws StatusError Cancelled when `signal` aborts, after the container is gone; Internal if the runtime could not start it.
 */
export async function runContainer(run: ContainerRun): Promise<ContainerEnd> {
  const pipes = [openLogPipe(run.slot, "stdout"), ...(run.mergeStderr ? [] : [openLogPipe(run.slot, "stderr")])];
  const filter = createComplaintFilter(run.onOutput, run.viaLauncher);
  const reading = pipes.map((pipe, index) =>
    drain(pipe, index === 0 ? "stdout" : "stderr", (stream, bytes) => filter.push(stream, bytes)),
  );
  const child = start(run, pipes);
  const exited = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  let timedOut = false;
  const kill = killer(run);
  const timer = setTimeout(() => {
    timedOut = true;
    kill.begin();
  }, run.timeoutMs);
  const abort = (): void => kill.begin();
  run.signal.addEventListener("abort", abort, { once: true });
  if (run.signal.aborted) abort();
  try {
    const [code, signal] = await exited;
    await Promise.all(reading);
    run.signal.throwIfAborted();
    const spoken = filter.end(code ?? 255);
    const complaint = code === 0 || timedOut ? "" : (spoken ?? runtimeComplaint(run.bundle));
    if (complaint !== "") return { exitCode: 1, timedOut, complaint };
    return { exitCode: code ?? (signal === null ? 1 : 255), timedOut };
  } catch (error) {
    for (const { reader } of pipes) reader.destroy();
    throw startError(error, run);
  } finally {
    clearTimeout(timer);
    kill.end();
    run.signal.removeEventListener("abort", abort);
  }
}

function start(run: ContainerRun, pipes: readonly LogPipe[]): ReturnType<typeof spawn> {
  const [program, ...before] = run.runtime.launcher;
  const input = openNullInput(run.slot);
  const [stdout, stderr = stdout] = pipes.map((pipe) => pipe.writeFd);
  try {
    return spawn(
      program,
      [
        ...before,
        "--root",
        run.stateDirectory,
        "--log",
        join(run.bundle, RUNTIME_LOG),
        ...(run.withCgroup ? [] : run.runtime.withoutCgroup),
        "run",
        "--bundle",
        run.bundle,
        "--pid-file",
        join(run.bundle, "pid"),
        run.id,
      ],
      // Its own process group: a terminal's interrupt is for us, who end the container in order.
      { stdio: [input, stdout, stderr], detached: true, cwd: run.bundle },
    );
  } finally {
    closeSync(input);
    for (const { writeFd } of pipes) closeSync(writeFd);
  }
}

function drain(pipe: LogPipe, stream: "stdout" | "stderr", onOutput: ContainerRun["onOutput"]): Promise<void> {
  return new Promise((resolve, reject) => {
    pipe.reader.on("data", (bytes: Buffer) => onOutput(stream, bytes));
    pipe.reader.once("close", resolve);
    pipe.reader.once("error", reject);
  });
}

/** Kills the container's first process, as soon as it is known; the kernel then ends the rest. */
function killer(run: ContainerRun): { begin(): void; end(): void } {
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  const deadline = KILL_TIMEOUT_MS / KILL_RETRY_MS;
  const attempt = (tries: number): void => {
    if (ended) return;
    const pid = containerPid(run.bundle);
    if (pid !== undefined) signalProcess(pid);
    if (tries < deadline) timer = setTimeout(() => attempt(tries + 1), KILL_RETRY_MS);
  };
  return {
    begin() {
      if (timer === undefined) attempt(0);
    },
    end() {
      ended = true;
      clearTimeout(timer);
    },
  };
}

/** The runtime's last error line, empty if it had no complaint. */
function runtimeComplaint(bundle: string): string {
  try {
    const lines = readFileSync(join(bundle, RUNTIME_LOG), "utf8").trim().split("\n");
    return lines.findLast((line) => !/level=(warning|info|debug)/.test(line)) ?? "";
  } catch {
    return ""; // It had nothing to say.
  }
}

function containerPid(bundle: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(bundle, "pid"), "utf8"));
    return Number.isInteger(pid) && pid > 1 ? pid : undefined;
  } catch {
    return undefined; // Not started yet.
  }
}

function signalProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function startError(error: unknown, run: ContainerRun): unknown {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") return StatusError.from(error);
  const program = run.runtime.launcher[0];
  return new StatusError(
    Code.FailedPrecondition,
    `'${program}' is not installed, and builds need it (Debian: util-linux, crun)`,
    {
      cause: error,
    },
  );
}
