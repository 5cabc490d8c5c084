import { mkdirSync } from "node:fs";
import { join } from "node:path";
import {
  byteStringOf,
  displayOf,
  encodeSignal,
  type ActionResult,
  type ExecutedActionMetadata,
} from "@causeway/bridge/formats";
import type { ExecuteResponse, ExecutionEvent } from "@causeway/bridge/execution";
import { Code, StatusError, hasCode } from "@causeway/bridge/status";
import type { Clock, Store } from "@causeway/bridge/store";
import type { LoadedAction } from "./action/load-action.js";
import { below, type HostPath } from "./host-path.js";
import { WORKING_TREE, ownMounts, type HostRoot } from "./inputs/host-root.js";
import type { LoadedTrees } from "./inputs/load-trees.js";
import { prepareRoot } from "./inputs/prepare-root.js";
import type { PreparedTrees } from "./inputs/prepared-trees.js";
import type { ExecutorLimits } from "./limits.js";
import { collectOutputs, noOutputs, type CollectedOutputs } from "./outputs/collect-outputs.js";
import { LogCapture } from "./outputs/log-capture.js";
import type { OciMount } from "./sandbox/oci-config.js";
import { runContainer, type ContainerEnd } from "./sandbox/run-container.js";
import type { Slot } from "./sandbox/slot.js";
import { writeBundle, type BundleParts } from "./sandbox/write-bundle.js";

/** What {@link runAction} works with. */
export interface RunParts extends Pick<BundleParts, "nameOf" | "containerId"> {
  readonly store: Store;
  readonly trees: PreparedTrees;
  /** The input tree, if it was read before. */
  readonly inputs?: LoadedTrees;
  /** For actions on the host's toolchains. */
  readonly hostRoot: () => HostRoot;
  readonly limits: ExecutorLimits;
  readonly slot: Slot;
  readonly clock: Clock;
  /** For this action alone; exists and is empty, and is removed by the caller. */
  readonly directory: string;
  readonly queuedMs: number;
  readonly signal: AbortSignal;
  readonly emit: (event: ExecutionEvent) => void;
}

/** An action that has been run. */
export interface FinishedAction {
  /** How it ended; the result is in the store, but not in the action cache. */
  readonly response: ExecuteResponse;
  /** What still uses its directory. Never fails. */
  readonly afterwards: Promise<void>;
}

type Times = { -readonly [K in keyof ExecutedActionMetadata]: ExecutedActionMetadata[K] };

/**
 * Runs one action in a slot: inputs, container, outputs.
 *
 * @throws StatusError if it could not be run; Cancelled.
 */
export async function runAction(parts: RunParts, loaded: LoadedAction): Promise<FinishedAction> {
  const { clock, directory, signal } = parts;
  const { identity } = parts.slot;
  const times: Times = { worker: "local", queuedMs: parts.queuedMs, workerStartMs: clock.nowMs() };
  times.inputFetchStartMs = times.workerStartMs!;
  mkdirSync(join(directory, "root"));
  const root = below(byteStringOf(directory), byteStringOf("root"));
  using lease = parts.trees.lease();
  const mounts = await prepareRoot({ ...parts, identity, trees: lease }, loaded, root);
  const bundle = writeBundle({ ...parts, ...rootOf(parts, loaded, mounts) }, loaded);
  times.inputFetchCompletedMs = clock.nowMs();

  const logs = new ActionLogs(parts, loaded.platform.mergeStderr);
  try {
    parts.emit({ type: "stage", stage: "executing" });
    times.executionStartMs = clock.nowMs();
    const end = await runContainer({
      slot: parts.slot,
      directory,
      id: parts.containerId,
      ...bundle,
      timeoutMs: loaded.timeoutMs,
      signal,
      onOutput: (stream, bytes) => logs.push(stream, bytes),
    });
    times.executionCompletedMs = clock.nowMs();
    const refused = refusedStart(end, loaded);
    if (refused !== undefined) await logs.push("stderr", Buffer.from(refused));

    times.outputUploadStartMs = clock.nowMs();
    const [[outputs, refusal], stored] = await Promise.all([
      collectOutputs(parts.store, loaded, root, signal).then(
        (collected) => [collected, undefined] as const,
        (error: unknown) => [noOutputs, refusalOf(error)] as const,
      ),
      logs.store(loaded),
    ]);
    times.outputUploadCompletedMs = times.workerCompletedMs = clock.nowMs();
    const response = responseOf(loaded, end, { ...resultOf(end, outputs, times), ...stored }, refusal);
    const mayAdopt = response.status === undefined && end.exitCode === 0 && loaded.platform.inputs === "read-only";
    return { response, afterwards: mayAdopt ? (await adoptOutputs(parts, loaded, outputs)).done : Promise.resolve() };
  } finally {
    await logs.close();
  }
}

/** What becomes `/`, and what is mounted in it. */
function rootOf(
  { directory, hostRoot }: RunParts,
  loaded: LoadedAction,
  mounts: readonly OciMount[],
): Pick<BundleParts, "root" | "workingTree" | "mounts"> {
  const root = join(directory, "root");
  if (loaded.root === "input") return { root, workingTree: "", mounts };
  const host = hostRoot();
  return { root: host.directory, workingTree: WORKING_TREE, mounts: [...host.mounts, ...ownMounts(directory, root)] };
}

/** Both streams of an action, kept and told. */
class ActionLogs {
  readonly #parts: RunParts;
  readonly #merge: boolean;
  readonly #stdout: LogCapture;
  readonly #stderr: LogCapture;

  constructor(parts: RunParts, merge: boolean) {
    this.#parts = parts;
    this.#merge = merge;
    this.#stdout = new LogCapture(join(parts.directory, "stdout"));
    this.#stderr = new LogCapture(join(parts.directory, "stderr"));
  }

  /** @throws StatusError ResourceExhausted when it is too much. */
  push(name: "stdout" | "stderr", bytes: Uint8Array): Promise<void> | undefined {
    const stream = this.#merge ? "stdout" : name;
    this.#parts.emit({ type: "output", stream, bytes });
    const kept = (stream === "stdout" ? this.#stdout : this.#stderr).push(bytes);
    const { logBytesMax } = this.#parts.limits;
    if (this.#stdout.sizeBytes + this.#stderr.sizeBytes <= logBytesMax) return kept;
    const error = new StatusError(
      Code.ResourceExhausted,
      `the action was killed after writing more than ${logBytesMax} bytes of log output`,
    );
    return Promise.resolve(kept).then(() => Promise.reject(error));
  }

  async store({ digest: { fn } }: LoadedAction): Promise<Pick<ActionResult, "stdoutDigest" | "stderrDigest">> {
    const [stdoutDigest, stderrDigest] = await Promise.all([
      this.#stdout.store(this.#parts.store, fn),
      this.#stderr.store(this.#parts.store, fn),
    ]);
    return {
      ...(stdoutDigest === undefined ? {} : { stdoutDigest }),
      ...(stderrDigest === undefined ? {} : { stderrDigest }),
    };
  }

  async close(): Promise<void> {
    await Promise.all([this.#stdout.close(), this.#stderr.close()]);
  }
}

function resultOf(end: ContainerEnd, outputs: CollectedOutputs, times: Times): ActionResult {
  const { outputFiles, outputDirectories, outputSymlinks } = outputs;
  const auxiliary = [...outputs.auxiliary, ...(end.signal === undefined ? [] : [encodeSignal(end.signal)])];
  const metadata = auxiliary.length === 0 ? times : { ...times, auxiliary };
  return { outputFiles, outputDirectories, outputSymlinks, exitCode: end.exitCode, metadata };
}

/** Outputs that are refused leave the logs, which may say why they are so; any other error leaves nothing. */
function refusalOf(error: unknown): StatusError {
  if (hasCode(error, Code.InvalidArgument) || hasCode(error, Code.FailedPrecondition)) return error as StatusError;
  throw error;
}

function responseOf(
  loaded: LoadedAction,
  end: ContainerEnd,
  result: ActionResult,
  refusal: StatusError | undefined,
): ExecuteResponse {
  if (!end.timedOut)
    return {
      result,
      cachedResult: false,
      ...(end.signal === undefined ? {} : { signal: end.signal }),
      ...(refusal === undefined ? {} : { status: refusal }),
    };
  const text = `the action took longer than its timeout of ${loaded.timeoutMs} ms`;
  return { result, cachedResult: false, status: new StatusError(Code.DeadlineExceeded, text) };
}

/**
 * Makes output directories inputs of the actions to come, without writing them a second time. What follows this action, often at once, waits
 * for it. Only what root owns can be shared.
 */
async function adoptOutputs(
  parts: RunParts,
  loaded: LoadedAction,
  outputs: CollectedOutputs,
): Promise<{ readonly done: Promise<void> }> {
  if (parts.slot.identity.ownsInputs) return { done: Promise.resolve() };
  const adopting: Promise<void>[] = [];
  for (const { castore, path } of outermost(outputs.directories))
    adopting.push(parts.trees.adopt(await parts.store.trees.toReapi(castore, loaded.digest.fn), path));
  return { done: Promise.all(adopting).then(() => undefined) };
}

/** Without those that lie in another one: what has been moved away is not there to be moved again. */
function outermost<T extends { readonly path: HostPath }>(places: readonly T[]): T[] {
  return places.filter(({ path }) => !places.some((other) => path.startsWith(`${other.path}/`)));
}

/**
 * A command that the kernel would not start: said in its log, with exit code 1, as Nix does.
 *
 * @throws StatusError Internal for a complaint of the runtime about something else.
 */
function refusedStart(end: ContainerEnd, loaded: LoadedAction): string | undefined {
  if (end.complaint !== undefined)
    throw new StatusError(Code.Internal, `the container runtime could not start the action: ${end.complaint}`);
  if (end.refused === undefined) return undefined;
  return `error: executing '${displayOf(loaded.command.arguments[0]!)}': ${end.refused}\n`;
}
