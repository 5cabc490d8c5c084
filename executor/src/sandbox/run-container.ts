import { closeSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { StatusError } from "@causeway/bridge/status";
import { RUNTIME_LOG, type ContainerStatus, type ContainerStreams } from "./runtime-shell.js";
import { createComplaintFilter, refusalReason, type OutputSink } from "./start-complaint.js";
import { openLogPipe, type LogPipe, type Slot } from "./slot.js";

/** A container to be run: its bundle is ready. */
export interface ContainerRun {
  readonly slot: Slot;
  /** Names its bundle below the work directory. */
  readonly id: string;
  /** That bundle: holds `config.json`. */
  readonly directory: string;
  readonly streams: ContainerStreams;
  readonly withCgroup: boolean;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Takes output. While the promise is pending no more is read, and the action waits once its pipe is full. */
  readonly onOutput: OutputSink;
}

/** How it ended. */
export interface ContainerEnd {
  /** 128 + n for signal n. */
  readonly exitCode: number;
  /** What killed the command itself; only the helper can tell. */
  readonly signal?: number;
  readonly timedOut: boolean;
  /** Why execve would not start the command, as the C library words it. */
  readonly refused?: string;
  /** What the runtime said; the command was not started. */
  readonly complaint?: string;
}

/** As exit code: 128 and SIGKILL. */
const KILLED = 137;

/** Between two tries to kill while the container is being set up and its first process is not known yet. */
const KILL_RETRY_MS = 10;

/**
 * Runs a container to its end: when the promise settles no process of it is left, because its first process is gone and with it the whole PID
 * namespace.
 *
 * @throws StatusError why `signal` aborted, or why output could not be kept, after the container is gone; Unavailable if the runtime shell was
 *   ended by somebody else.
 */
export async function runContainer(run: ContainerRun): Promise<ContainerEnd> {
  const pipes = [
    openLogPipe(run.slot, "stdout"),
    ...(run.streams === "apart" ? [openLogPipe(run.slot, "stderr")] : []),
  ];
  const kill = createKiller(run.directory);
  const deadline = { passed: false };
  const failures: unknown[] = [];
  const stop = (reason: unknown): void => {
    failures.push(reason);
    kill.begin();
  };
  // Only without the helper are a runtime's words and the command's in one stream.
  const filter = run.slot.runtime.helper === undefined ? createComplaintFilter(run.onOutput) : undefined;
  const onOutput = filter?.push ?? run.onOutput;
  const reading = pipes.map((pipe, index) => drain(pipe, index === 0 ? "stdout" : "stderr", onOutput, stop));
  const timer = setTimeout(() => {
    deadline.passed = true;
    kill.begin();
  }, run.timeoutMs);
  const abort = (): void => stop(run.signal.reason);
  run.signal.addEventListener("abort", abort, { once: true });
  if (run.signal.aborted) abort();
  try {
    const status = await run.slot.shell.run(run.id, run).finally(() => {
      for (const { writeFd } of pipes) closeSync(writeFd);
    });
    clearTimeout(timer);
    await Promise.all(reading);
    const timedOut = deadline.passed;
    const spoken = await filter?.end(status.kind !== "unclear" || timedOut ? 0 : status.code);
    if (failures.length > 0) throw StatusError.from(failures[0]);
    return timedOut ? { exitCode: KILLED, timedOut } : { ...endOf(status, run.directory, spoken), timedOut };
  } catch (error) {
    // Without its shell the container runs on. Its pipes end when it does.
    kill.begin();
    await Promise.allSettled(reading);
    throw error;
  } finally {
    clearTimeout(timer);
    kill.end();
    run.signal.removeEventListener("abort", abort);
  }
}

/** @param spoken what the filter has found to be a complaint. */
function endOf(status: ContainerStatus, bundle: string, spoken: string | undefined): Omit<ContainerEnd, "timedOut"> {
  switch (status.kind) {
    case "exited":
      return { exitCode: status.code };
    case "signalled":
      return { exitCode: 128 + status.signal, signal: status.signal };
    case "refused":
      return { exitCode: 1, refused: status.reason };
    case "failed":
      return { exitCode: 1, complaint: status.words || runtimeComplaint(bundle) || "it does not say why" };
    case "unclear": {
      const complaint = status.code === 0 ? "" : (spoken ?? runtimeComplaint(bundle));
      if (complaint === "") return { exitCode: status.code };
      const refused = refusalReason(complaint);
      return { exitCode: 1, ...(refused === undefined ? { complaint } : { refused }) };
    }
  }
}

/** Reads a pipe to its end. What cannot be kept stops the action; the rest of it is read all the same, so that it can end. */
async function drain(
  pipe: LogPipe,
  stream: "stdout" | "stderr",
  onOutput: OutputSink,
  stop: (reason: unknown) => void,
): Promise<void> {
  let stopped = false;
  for await (const bytes of pipe.reader as AsyncIterable<Buffer>) {
    if (stopped) continue;
    try {
      const kept = onOutput(stream, bytes);
      if (kept !== undefined) await kept;
    } catch (error) {
      stopped = true;
      stop(error);
    }
  }
}

/** Kills the container's first process, as soon as it is known; the kernel then ends the rest. */
function createKiller(bundle: string): { begin(): void; end(): void } {
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  const attempt = (): void => {
    if (ended) return;
    const pid = containerPid(bundle);
    if (pid !== undefined) signalProcess(pid);
    timer = setTimeout(attempt, KILL_RETRY_MS);
  };
  return {
    begin() {
      if (timer === undefined) attempt();
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
