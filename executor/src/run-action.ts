import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  byteStringOf,
  displayOf,
  type ActionResult,
  type ByteString,
  type ExecutedActionMetadata,
} from "@causeway/bridge/formats";
import type { ExecuteResponse, ExecutionEvent } from "@causeway/bridge/execution";
import { Code, StatusError } from "@causeway/bridge/status";
import type { Store } from "@causeway/bridge/store";
import type { LoadedAction } from "./action/load-action.js";
import type { Clock } from "./clock.js";
import { below } from "./host-path.js";
import { prepareRoot } from "./inputs/prepare-root.js";
import type { PreparedTrees } from "./inputs/prepared-trees.js";
import type { ExecutorLimits } from "./limits.js";
import { collectOutputs } from "./outputs/collect-outputs.js";
import { LogCapture } from "./outputs/log-capture.js";
import { launchOf } from "./sandbox/launcher.js";
import { UNLIMITED, ociConfig, ociJson } from "./sandbox/oci-config.js";
import { cgroupOf } from "./sandbox/remove-cgroups.js";
import { runContainer, type ContainerEnd } from "./sandbox/run-container.js";
import type { Runtime } from "./sandbox/runtimes.js";
import { refusalReason } from "./sandbox/start-complaint.js";
import type { Slot } from "./sandbox/slot.js";

/** What {@link runAction} works with. */
export interface RunParts {
  readonly store: Store;
  readonly trees: PreparedTrees;
  readonly limits: ExecutorLimits;
  readonly runtime: Runtime;
  readonly slot: Slot;
  readonly clock: Clock;
  /** For this action alone; exists and is empty, and is removed by the caller. */
  readonly directory: string;
  /** Of the runtime's own state. */
  readonly stateDirectory: string;
  readonly containerId: string;
  readonly queuedMs: number;
  readonly signal: AbortSignal;
  readonly emit: (event: ExecutionEvent) => void;
}

type Times = { -readonly [K in keyof ExecutedActionMetadata]: ExecutedActionMetadata[K] };

/**
 * Runs one action in a slot: inputs, container, outputs.
 *
 * @returns how it ended; the result is in the store, but not in the action cache.
 * @throws StatusError if it could not be run; Cancelled.
 */
export async function runAction(parts: RunParts, loaded: LoadedAction): Promise<ExecuteResponse> {
  const { clock, store } = parts;
  const times: Times = { worker: "local", queuedMs: parts.queuedMs, workerStartMs: clock.nowMs() };
  times.inputFetchStartMs = times.workerStartMs!;
  mkdirSync(join(parts.directory, "root"), 0o755);
  const root = below(byteStringOf(parts.directory), byteStringOf("root"));
  const mounts = await prepareRoot({ ...parts, identity: parts.slot.identity }, loaded, root);
  checkRuntime(parts, loaded);
  const launch = launchOf({
    arguments: loaded.command.arguments,
    environment: loaded.command.environment,
    // runc copies what its containers write, each stream for itself, and so loses the order.
    joinStreams: loaded.platform.mergeStderr && parts.runtime.name === "runc",
    directory: parts.directory,
  });
  const limited = loaded.platform.memoryBytes !== undefined || loaded.platform.cpuCores !== undefined;
  const config = ociConfig({
    arguments: launch.arguments,
    environment: launch.environment,
    workingDirectory: `/${displayOf(loaded.workingDirectory.join("/") as ByteString)}`,
    platform: loaded.platform,
    identity: parts.slot.identity,
    root: join(parts.directory, "root"),
    mounts: [...mounts, ...launch.mounts, ...(loaded.platform.kvm ? [kvmMount] : [])],
    arch: process.arch,
    coreHardLimit: coreHardLimit(),
    ...(limited ? { cgroupPath: `/${cgroupOf(parts.containerId)}` } : {}),
  });
  writeFileSync(join(parts.directory, "config.json"), ociJson(config));
  times.inputFetchCompletedMs = clock.nowMs();

  const logs = {
    stdout: new LogCapture(join(parts.directory, "stdout")),
    stderr: new LogCapture(join(parts.directory, "stderr")),
  };
  const overflow = new AbortController();
  const onOutput = (stream: "stdout" | "stderr", bytes: Uint8Array): void => {
    logs[stream].push(bytes);
    parts.emit({ type: "output", stream, bytes });
    if (logs.stdout.sizeBytes + logs.stderr.sizeBytes > parts.limits.logBytesMax)
      overflow.abort(
        new StatusError(
          Code.ResourceExhausted,
          `the action wrote more than ${parts.limits.logBytesMax} bytes to its log`,
        ),
      );
  };
  parts.emit({ type: "stage", stage: "executing" });
  times.executionStartMs = clock.nowMs();
  const end = await runContainer({
    runtime: parts.runtime,
    slot: parts.slot,
    bundle: parts.directory,
    stateDirectory: parts.stateDirectory,
    id: parts.containerId,
    mergeStderr: loaded.platform.mergeStderr,
    withCgroup: limited,
    viaLauncher: launch.viaLauncher,
    timeoutMs: loaded.timeoutMs,
    signal: AbortSignal.any([parts.signal, overflow.signal]),
    onOutput,
  });
  times.executionCompletedMs = clock.nowMs();
  const refused = refusedStart(end, loaded);
  if (refused !== undefined) onOutput(loaded.platform.mergeStderr ? "stdout" : "stderr", Buffer.from(refused));

  times.outputUploadStartMs = clock.nowMs();
  const [outputs, stdoutDigest, stderrDigest] = await Promise.all([
    collectOutputs(store, loaded, root),
    logs.stdout.store(store, loaded.digest.fn),
    logs.stderr.store(store, loaded.digest.fn),
  ]);
  times.outputUploadCompletedMs = times.workerCompletedMs = clock.nowMs();
  const { auxiliary } = outputs;
  const result: ActionResult = {
    outputFiles: outputs.outputFiles,
    outputDirectories: outputs.outputDirectories,
    outputSymlinks: outputs.outputSymlinks,
    exitCode: end.exitCode,
    ...(stdoutDigest === undefined ? {} : { stdoutDigest }),
    ...(stderrDigest === undefined ? {} : { stderrDigest }),
    metadata: auxiliary.length === 0 ? times : { ...times, auxiliary },
  };
  if (!end.timedOut) return { result, cachedResult: false };
  const status = new StatusError(
    Code.DeadlineExceeded,
    `the action took longer than its timeout of ${loaded.timeoutMs} ms`,
  );
  return { result, cachedResult: false, status };
}

/** @throws StatusError FailedPrecondition where this runtime cannot do what is asked. */
function checkRuntime({ runtime, slot }: RunParts, { platform }: LoadedAction): void {
  if (slot.identity.rootUid !== undefined) return;
  if (runtime.name === "runc" && platform.uid !== 0)
    throw new StatusError(
      Code.FailedPrecondition,
      `runc runs builds as user ${platform.uid} only for root; install crun, or run as root`,
    );
  if (platform.memoryBytes !== undefined || platform.cpuCores !== undefined)
    throw new StatusError(Code.FailedPrecondition, "limits on memory and processors need root on this machine");
}

const kvmMount = { destination: "/dev/kvm", type: "none", source: "/dev/kvm", options: ["bind", "rw"] };

let hardLimit: number | undefined;

/** The hard limit of core files is inherited; a runtime sets both limits or none. */
function coreHardLimit(): number {
  if (hardLimit !== undefined) return hardLimit;
  const line = /^Max core file size\s+\S+\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
  hardLimit = line === undefined || line === "unlimited" ? UNLIMITED : Number(line);
  return hardLimit;
}

/**
 * A command that the kernel would not start: said in its log, with exit code 1, as Nix does.
 *
 * @throws StatusError Internal for any other complaint of the runtime.
 */
function refusedStart(end: ContainerEnd, loaded: LoadedAction): string | undefined {
  if (end.complaint === undefined) return undefined;
  const program = displayOf(loaded.command.arguments[0]!);
  const reason = refusalReason(end.complaint);
  if (reason === undefined)
    throw new StatusError(Code.Internal, `the container runtime could not start the action: ${end.complaint}`);
  return `error: executing '${program}': ${reason}\n`;
}
