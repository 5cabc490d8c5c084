import type { Execution, ExecuteRequest, ExecuteResponse } from "../execution/index.js";
import type { ActionResult } from "../formats/reapi/messages.js";
import { displayOf } from "../formats/bytes/byte-string.js";
import { nameOf } from "../formats/store-path/parse-store-path.js";
import type { StorePath } from "../formats/store-path/store-path.js";
import { Code } from "../status/index.js";
import type { BlobStore, PathInfoStore } from "../store/index.js";
import type { NoteStore } from "../store/store.js";
import {
  BuildFailure,
  BuildStatus,
  type DerivationSource,
  type PreparedBuild,
  type PreparedDerivation,
  type PreparedOutputs,
  type Registrar,
  type Translator,
} from "./build.js";
import { completeLog, createBuildLog, storeLog, type BuildLog } from "./build-log.js";
import { cannotBuild, causeOf } from "./classify.js";
import type { WaitingClock } from "./waiting-clock.js";
import type { AttemptCause } from "./event.js";
import { builderFailedText, logLimitText, silentText, timedOutText, withLogTail } from "./failure-text.js";
import { findValidOutputs } from "./inspect-derivation.js";
import type { ProgressEvent } from "./progress.js";
import type { BuildMode, WantedOutputs } from "./state.js";
import { createWatchdog, type Watchdog } from "./watchdog.js";

/** Where builds take what they need, and leave what they make. */
export interface AttemptParts {
  readonly source: DerivationSource;
  readonly translator: Translator;
  readonly registrar: Registrar;
  readonly execution: Execution;
  readonly pathInfos: PathInfoStore;
  readonly blobs: BlobStore;
  readonly notes: NoteStore;
  readonly clock: WaitingClock;
  readonly storeDir: string;
}

/** What bounds one builder. Absent: no bound, and 10 lines of log under a message. */
export interface AttemptOptions {
  readonly timeoutMs?: number | undefined;
  readonly maxSilentMs?: number | undefined;
  readonly maxLogBytes?: number | undefined;
  readonly logLines?: number | undefined;
  /** For the execution service; lower runs sooner, 0 is the usual. */
  readonly priority?: number | undefined;
  /** Ask the executor to keep the directory of a failed builder. */
  readonly keepFailed?: boolean | undefined;
}

/** One derivation on its way through the phases, and what each leaves for the next. */
export interface Attempt {
  readonly drvPath: StorePath;
  readonly mode: BuildMode;
  readonly wanted: WantedOutputs;
  readonly signal: AbortSignal;
  prepared: PreparedBuild | PreparedOutputs | undefined;
  result: ActionResult | undefined;
  logTail: readonly string[];
  /** The log of the last execution on its way into the store; awaited before the attempt ends. */
  keepingLog: Promise<void> | undefined;
  tell(event: ProgressEvent): void;
}

/** How a phase ended: on to the next, done with these outputs, or not. */
export type PhaseOutcome =
  | { readonly type: "passed" }
  | { readonly type: "outputs"; readonly outputs: ReadonlyMap<string, StorePath> }
  | { readonly type: "failed"; readonly cause: AttemptCause };

const passed: PhaseOutcome = { type: "passed" };

/** As many as Nix 2.8 shows. */
const LOG_LINES = 10;

/**
 * Makes the Action, or, for a builder that is a function of Nix, already what it is for. `outputs` if, now that all inputs have a path,
 * the outputs have one too and are valid already.
 *
 * @param inputs the outputs of the input derivations.
 */
export async function prepare(
  parts: AttemptParts,
  attempt: Attempt,
  inputs: ReadonlyMap<StorePath, ReadonlyMap<string, StorePath>>,
  options: AttemptOptions,
): Promise<PhaseOutcome> {
  const { drvPath, signal } = attempt;
  attempt.tell({ type: "stage", drvPath, stage: "preparing" });
  attempt.result = undefined;
  const log = logOf(attempt, options);
  const onLog = (bytes: Uint8Array): void => log.push("stdout", bytes);
  try {
    const derivation = await parts.source.load(drvPath);
    signal.throwIfAborted();
    const timeout = options.timeoutMs === undefined || options.timeoutMs === 0 ? {} : { timeoutMs: options.timeoutMs };
    const { maxSilentMs, maxLogBytes } = options;
    const how = { signal, onLog, ...timeout, maxSilentMs, maxLogBytes };
    attempt.prepared = await parts.translator.prepare({ drvPath, derivation, inputs }, how);
    if (attempt.mode === "check") return passed;
    const outputs = await resolvedOutputs(parts.pathInfos, attempt.prepared);
    return outputs === undefined ? passed : { type: "outputs", outputs };
  } catch (reason) {
    log.end();
    attempt.logTail = log.tail();
    return failedWith(parts, attempt, reason, "prepare");
  } finally {
    log.end();
    attempt.logTail = log.tail();
    await keepLog(parts, attempt, log);
  }
}

/** A log whose lines go to whoever waits. */
function logOf(attempt: Attempt, options: AttemptOptions): BuildLog {
  const { drvPath } = attempt;
  return createBuildLog(options.logLines ?? LOG_LINES, {
    line: (line) => attempt.tell({ type: "log", drvPath, line }),
    message: (message) => {
      if (message.type === "phase") attempt.tell({ type: "phase", drvPath, phase: message.phase });
      else if (message.type === "message") attempt.tell({ type: "log", drvPath, line: message.text });
    },
  });
}

/** The outputs of a derivation whose paths were unknown until it was resolved, if they are valid already; notes where they are. */
async function resolvedOutputs(
  pathInfos: PathInfoStore,
  { drvPath, resolvedDrvPath, derivation }: PreparedDerivation,
): Promise<ReadonlyMap<string, StorePath> | undefined> {
  if (resolvedDrvPath === drvPath) return undefined;
  const outputs = await findValidOutputs(pathInfos, resolvedDrvPath, derivation.outputs);
  if (outputs.size < derivation.outputs.size) return undefined;
  for (const [name, path] of outputs) await pathInfos.putRealisation(drvPath, name, path);
  return outputs;
}

/** Runs the Action, and judges how the builder ended. */
export async function execute(
  parts: AttemptParts,
  attempt: Attempt,
  skipCacheLookup: boolean,
  options: AttemptOptions,
): Promise<PhaseOutcome> {
  const prepared = preparedOf(attempt);
  if (prepared.kind === "outputs") return passed; // Nothing is left to run.
  attempt.result = undefined;
  attempt.logTail = [];
  using watchdog = createWatchdog(parts.clock, options);
  const log = logOf(attempt, options);
  let isOver = true;
  try {
    const { actionDigest, execution = parts.execution } = prepared;
    const { priority } = options;
    const keep = options.keepFailed === true ? { keepFailedAs: nameOf(attempt.drvPath) } : {};
    const purpose = {
      target: `${parts.storeDir}/${attempt.drvPath}`,
      configuration: displayOf(prepared.derivation.platform),
    };
    const request = {
      actionDigest,
      skipCacheLookup,
      purpose,
      ...keep,
      ...(priority === undefined ? {} : { priority }),
    };
    const response = await follow(execution, attempt, { request, watchdog, log });
    if (response === undefined) return stopped(parts, attempt, watchdog, options) ?? lost();
    const outcome = await judge(parts, attempt, response, log, options);
    isOver = outcome.type !== "passed";
    return outcome;
  } catch (reason) {
    return stopped(parts, attempt, watchdog, options) ?? failedWith(parts, attempt, reason, "execute");
  } finally {
    log.end();
    // What is to be registered need not wait for the log: both are on their way at once.
    attempt.keepingLog = keepLog(parts, attempt, log);
    if (isOver) await attempt.keepingLog;
  }
}

function lost(): PhaseOutcome {
  return { type: "failed", cause: { type: "stream-lost" } };
}

async function follow(
  execution: Execution,
  attempt: Attempt,
  run: { readonly request: ExecuteRequest; readonly watchdog: Watchdog; readonly log: BuildLog },
): Promise<ExecuteResponse | undefined> {
  const { drvPath } = attempt;
  const { request, watchdog, log } = run;
  const signal = AbortSignal.any([attempt.signal, watchdog.signal]);
  for await (const event of execution.execute(request, { signal })) {
    switch (event.type) {
      case "stage":
        if (event.stage === "executing" && event.isLive !== false) watchdog.start();
        attempt.tell({ type: "stage", drvPath, stage: event.stage === "queued" ? "waiting" : event.stage });
        break;
      case "output":
        watchdog.output(event.bytes.byteLength);
        log.push(event.stream, event.bytes);
        break;
      case "done":
        return event.response;
    }
  }
  return undefined;
}

/** Whether we made it end. */
function stopped(
  parts: AttemptParts,
  attempt: Attempt,
  watchdog: Watchdog,
  options: AttemptOptions,
): PhaseOutcome | undefined {
  if (attempt.signal.aborted) return { type: "failed", cause: { type: "cancelled" } };
  return watchdog.tripped === undefined ? undefined : limitOutcome(parts, attempt, watchdog.tripped, options);
}

function limitOutcome(
  { storeDir }: AttemptParts,
  { drvPath, wanted }: Attempt,
  tripped: "silence" | "log-size",
  options: AttemptOptions,
): PhaseOutcome {
  switch (tripped) {
    case "silence":
      return final(BuildStatus.TimedOut, silentText(storeDir, drvPath, wanted, options.maxSilentMs ?? 0));
    case "log-size":
      return final(BuildStatus.LogLimitExceeded, logLimitText(storeDir, drvPath, wanted, options.maxLogBytes ?? 0));
  }
}

function final(status: BuildStatus, message: string): PhaseOutcome {
  return { type: "failed", cause: { type: "final", failure: { status, message } } };
}

async function judge(
  parts: AttemptParts,
  attempt: Attempt,
  { result, status, cachedResult, signal, tripped, message: note }: ExecuteResponse,
  log: BuildLog,
  options: AttemptOptions,
): Promise<PhaseOutcome> {
  const { storeDir } = parts;
  const { drvPath, wanted } = attempt;
  attempt.result = result;
  if (note !== undefined) attempt.tell({ type: "note", drvPath, message: note });
  // Nothing is shown of what was not built now, as Nix does with what it finds valid.
  if (result !== undefined && !cachedResult) await completeLog(parts.blobs, log, result, attempt.signal);
  log.end();
  attempt.logTail = log.tail();
  const bitten = tripped === undefined ? undefined : limitOutcome(parts, attempt, tripped, options);
  if (bitten !== undefined) return bitten;
  if (status?.code === Code.DeadlineExceeded)
    return final(BuildStatus.TimedOut, timedOutText(storeDir, drvPath, wanted, options.timeoutMs));
  if (status !== undefined && status.code !== Code.Ok) return failedWith(parts, attempt, status, "execute");
  if (result === undefined) return lost();
  if (result.exitCode === 0) return passed;
  // Nix blames the world, not the derivation, where the builder could see the world.
  const { outputs } = preparedOf(attempt).derivation;
  const open = [...outputs.values()].some(({ type }) => type === "fixed" || type === "impure");
  const failure = builderFailedText(storeDir, drvPath, result.exitCode, signal);
  const message = withLogTail(storeDir, drvPath, failure, log.tail());
  return final(open ? BuildStatus.TransientFailure : BuildStatus.PermanentFailure, message);
}

/** A log that cannot be kept is a pity, not a failed build. */
async function keepLog(parts: AttemptParts, attempt: Attempt, log: BuildLog): Promise<void> {
  const { drvPath, result } = attempt;
  if (result === undefined && log.sizeBytes === 0) return;
  try {
    // An output's deriver is the resolved derivation; a person knows the other.
    for (const name of new Set([drvPath, attempt.prepared?.resolvedDrvPath ?? drvPath]))
      await storeLog(parts, name, log, result);
  } catch (reason) {
    attempt.tell({ type: "warning", drvPath, message: `cannot keep the log: ${String(reason)}` });
  }
}

/** Checks and registers what the builder left. */
export async function register(parts: AttemptParts, attempt: Attempt): Promise<PhaseOutcome> {
  const { drvPath, mode, signal, result } = attempt;
  attempt.tell({ type: "stage", drvPath, stage: "registering" });
  const prepared = preparedOf(attempt);
  const made = prepared.kind === "outputs" ? prepared.outputs : result;
  if (made === undefined) throw new Error(`nothing was executed for ${drvPath}`);
  try {
    const outputs = await parts.registrar.register(prepared, made, { mode, signal });
    return { type: "outputs", outputs };
  } catch (reason) {
    return failedWith(parts, attempt, reason, "register");
  } finally {
    await attempt.keepingLog;
  }
}

function preparedOf(attempt: Attempt): PreparedBuild | PreparedOutputs {
  if (attempt.prepared === undefined) throw new Error(`nothing was prepared for ${attempt.drvPath}`);
  return attempt.prepared;
}

function failedWith(
  { storeDir }: AttemptParts,
  { drvPath, signal, logTail }: Attempt,
  reason: unknown,
  place: "prepare" | "execute" | "register",
): PhaseOutcome {
  if (signal.aborted) return { type: "failed", cause: { type: "cancelled" } };
  if (reason instanceof BuildFailure && reason.showLog)
    return final(reason.status, withLogTail(storeDir, drvPath, reason.message, logTail));
  return { type: "failed", cause: causeOf(reason, place, cannotBuild(storeDir, drvPath)) };
}
