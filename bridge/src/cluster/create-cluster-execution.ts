import { formatDigest, parseDigest, type Digest } from "../digest/index.js";
import type { ExecuteRequest, ExecuteResponse, Execution, ExecutionEvent } from "../execution/index.js";
import {
  decodeAction,
  decodeActionResult,
  decodeCommand,
  ReapiError,
  signalOf,
  type Action,
  type ActionResult,
  type ByteString,
} from "../formats/index.js";
import { WireError } from "../formats/wire/index.js";
import { hotMethods } from "../grpc/index.js";
import { Code, StatusError, hasCode } from "../status/index.js";
import type { BlobStore, Store } from "../store/index.js";
import { helperCallOf, type HelperCall } from "../coordinator/index.js";
import type { WaitingClock } from "../coordinator/waiting-clock.js";
import { applyReport } from "./apply-report.js";
import { headOf, wireDigest, type ClusterConnection } from "./connect-cluster.js";
import { createEventQueue } from "./event-queue.js";
import { followOperation } from "./follow-operation.js";
import { createInputUploader, type InputUploader } from "./input-uploader.js";
import type { OperationProgress } from "./operation.js";
import { createOutputDownloader } from "./output-downloader.js";
import { readLog } from "./read-log.js";
import { metadataHeaders } from "./request-metadata.js";

/** What {@link createClusterExecution} works with. */
export interface ClusterExecutionParts {
  readonly cluster: ClusterConnection;
  /** Where inputs are taken from and outputs are put. */
  readonly store: Store;
  readonly clock: WaitingClock;
  /** Whether names and targets that are not UTF-8 are refused: every cluster but ours fails on them. */
  readonly requiresUtf8: boolean;
  /** Names this run of the program to the cluster. */
  readonly invocationId: string;
  /** Of the program. */
  readonly toolVersion: string;
  /** For how long a tree that was found there is believed to be there still. */
  readonly knownMs?: number;
}

/** A cluster as what runs actions. */
export interface ClusterExecution extends Execution {
  readonly uploader: InputUploader;
}

/** How often inputs that the cluster has lost are sent again for one execution: it names them one by one. */
const RESTORES_MAX = 8;
/** What a log stream gets to end after its action. */
const LOG_END_MS = 2_000;

/**
 * An Execution that a cluster performs: looks for a cached result, sends what is missing of the action, has it run, and brings what it left
 * into our store, every byte checked.
 */
export function createClusterExecution(parts: ClusterExecutionParts): ClusterExecution {
  const { cluster, store, clock } = parts;
  const { blobs } = store;
  const uploader = createInputUploader({ ...parts, blobs });
  const downloader = createOutputDownloader(cluster, blobs);

  async function run(
    request: ExecuteRequest,
    emit: (event: ExecutionEvent) => Promise<void>,
    signal: AbortSignal,
  ): Promise<ExecuteResponse> {
    const loaded = await load(blobs, request.actionDigest);
    const headers = metadataHeaders(
      {
        ...request.purpose,
        ...{ invocationId: parts.invocationId, actionId: request.actionDigest.hash, mnemonic: "NixBuild" },
      },
      parts.toolVersion,
    );
    let skipCacheLookup = request.skipCacheLookup === true || loaded.action.doNotCache === true;
    if (!skipCacheLookup) {
      await emit({ type: "stage", stage: "cache-check" });
      const found = await cachedResult(request.actionDigest, headers, signal);
      // Some clusters keep what failed, and what did not make all its outputs; and what an entry names may be gone.
      if (found !== undefined && found.exitCode === 0 && isWhole(found, loaded)) {
        const result = await downloaded(found, loaded, signal).catch(unlessMissing);
        if (result !== undefined) return reported({ result, cachedResult: true }, loaded, signal);
      }
      skipCacheLookup = found !== undefined;
    }
    const response = await executed({ ...request, skipCacheLookup }, { headers, emit, signal });
    const { result, status } = response;
    if (result === undefined) return response;
    // Of what failed only the log is wanted, and the report if there is one.
    const isGood = result.exitCode === 0 && status === undefined;
    const wanted = isGood ? loaded : { ...noOutputs, outputPaths: loaded.reportPaths };
    return reported({ ...response, result: await downloaded(result, wanted, signal) }, loaded, signal);
  }

  /** What the builder did, where a helper went with it. */
  async function reported(response: ExecuteResponse, { call }: Loaded, signal: AbortSignal): Promise<ExecuteResponse> {
    return call === undefined
      ? response
      : applyReport({ url: cluster.url, store, call, fn: cluster.fn, signal }, response);
  }

  async function cachedResult(
    action: Digest,
    headers: Readonly<Record<string, Uint8Array>>,
    signal: AbortSignal,
  ): Promise<ActionResult | undefined> {
    const request = {
      ...headOf(cluster),
      actionDigest: wireDigest(action),
      inlineStdout: true,
      inlineStderr: true,
      inlineOutputFiles: [],
    };
    try {
      const bytes = await cluster.retry(
        () => cluster.channel.unary(hotMethods.actionCache.getActionResult, request, { headers, signal }),
        signal,
      );
      return decodeActionResult(bytes, action.fn);
    } catch (reason) {
      if (hasCode(reason, Code.NotFound)) return undefined;
      throw reason;
    }
  }

  /** Outputs in our store; the trees among them are known to be there too. */
  async function downloaded(result: ActionResult, { outputPaths }: Loaded, signal: AbortSignal): Promise<ActionResult> {
    const here = await downloader.download(result, outputPaths, signal);
    // Named beside a Tree they are in the cluster as messages, and can be inputs as they are.
    for (const { rootDirectoryDigest } of result.outputDirectories)
      if (rootDirectoryDigest !== undefined) uploader.know(rootDirectoryDigest);
    return here;
  }

  async function executed(
    request: ExecuteRequest,
    call: {
      readonly headers: Readonly<Record<string, Uint8Array>>;
      readonly emit: (event: ExecutionEvent) => Promise<void>;
      readonly signal: AbortSignal;
    },
  ): Promise<ExecuteResponse> {
    const { emit, signal, headers } = call;
    for (let restores = 0; ; restores++) {
      await uploader.upload(request.actionDigest, signal);
      let lost: StatusError;
      await using live = createLiveOutput(cluster, emit, signal);
      try {
        const onProgress = (progress: OperationProgress): Promise<void> => live.follow(progress);
        const response = await followOperation({ cluster, clock, headers, signal, onProgress }, request);
        if (response.status === undefined || !namesMissing(response.status)) {
          await live.end(response);
          return withSignal(withNamed(cluster, response));
        }
        lost = response.status;
      } catch (reason) {
        if (!(reason instanceof StatusError) || !namesMissing(reason)) throw reason;
        lost = reason;
      }
      if (restores >= RESTORES_MAX) throw lost;
      await uploader.restore(request.actionDigest, missingIn(lost, request.actionDigest), signal);
    }
  }

  return {
    uploader,
    async *execute(request, { signal: outer } = {}) {
      if (request.actionDigest.fn !== cluster.fn)
        throw new StatusError(Code.InvalidArgument, `cluster ${cluster.url} is spoken to in ${cluster.fn} digests`);
      const left = new AbortController();
      const signal = outer === undefined ? left.signal : AbortSignal.any([left.signal, outer]);
      const events = createEventQueue<ExecutionEvent>();
      const running = run(request, (event) => events.push(event), signal)
        .then((response) => events.push({ type: "done", response }))
        .then(
          () => events.end(),
          (reason: unknown) => events.fail(named(cluster, reason, outer)),
        );
      try {
        yield* events;
      } finally {
        left.abort();
        await running;
      }
    },
  };
}

interface Loaded {
  readonly action: Pick<Action, "doNotCache">;
  /** As they were asked for, and as they are seen from the root. */
  readonly outputPaths: ReadonlySet<ByteString>;
  /** Those of them without which a result is not whole: all, or the helper's report. */
  readonly needed: readonly ReadonlySet<ByteString>[];
  readonly call?: HelperCall;
  readonly reportPaths: ReadonlySet<ByteString>;
}

const none: ReadonlySet<ByteString> = new Set();
const noOutputs: Loaded = { action: {}, outputPaths: none, needed: [], reportPaths: none };

async function load(blobs: BlobStore, actionDigest: Digest): Promise<Loaded> {
  const [bytes] = await blobs.readMany([actionDigest]);
  const action = bytes === undefined ? undefined : decodeAction(bytes, actionDigest.fn);
  const [command] = action === undefined ? [] : await blobs.readMany([action.commandDigest]);
  if (action === undefined || command === undefined)
    throw new StatusError(Code.FailedPrecondition, `action ${formatDigest(actionDigest)} is not in our store`, {
      details: [{ kind: "missing-blobs", subjects: [`blobs/${formatDigest(actionDigest)}`] }],
    });
  const read = decodeCommand(command);
  const call = helperCallOf(read);
  const forms = read.outputPaths.map((path) => formsOf(path, read.workingDirectory));
  const reportPaths = call === undefined ? none : formsOf(call.reportPath, read.workingDirectory);
  return {
    action,
    outputPaths: new Set(forms.flatMap((paths) => [...paths])),
    needed: call === undefined ? forms : [reportPaths],
    reportPaths,
    ...(call === undefined ? {} : { call }),
  };
}

/** Services echo output paths as they were sent; some print them from the root. */
function formsOf(path: ByteString, workingDirectory = "" as ByteString): ReadonlySet<ByteString> {
  const up = "../".repeat(workingDirectory === "" ? 0 : workingDirectory.split("/").length);
  return new Set([path, path.startsWith(up) ? (path.slice(up.length) as ByteString) : path]);
}

function isWhole(result: ActionResult, { needed }: Loaded): boolean {
  const { outputFiles, outputDirectories, outputSymlinks } = result;
  const all = [...outputFiles, ...outputDirectories, ...outputSymlinks];
  return needed.every((forms) => all.some(({ path }) => forms.has(path)));
}

/** Our own server tells of a signal where REAPI has no field for it. */
function withSignal(response: ExecuteResponse): ExecuteResponse {
  const signal = signalOf(response.result?.metadata?.auxiliary ?? []);
  return signal === undefined ? response : { ...response, signal };
}

function unlessMissing(reason: unknown): undefined {
  if (reason instanceof StatusError && namesMissing(reason)) return undefined;
  throw reason;
}

function namesMissing({ code, details }: StatusError): boolean {
  return code === Code.FailedPrecondition && details.some(({ kind }) => kind === "missing-blobs");
}

/** What a status names; its own words for blobs have an instance name in front on some servers. */
function missingIn(status: StatusError, { fn }: Digest): Digest[] {
  const subjects = status.details.flatMap((detail) => (detail.kind === "missing-blobs" ? detail.subjects : []));
  return subjects.flatMap((subject) => {
    const match = /(?:^|\/)blobs\/(?:[a-z0-9]+\/)?([0-9a-f]{64})\/(\d{1,15})$/.exec(subject);
    return match === null ? [] : [parseDigest(fn, match[1]!, Number(match[2]))];
  });
}

function named({ url }: ClusterConnection, reason: unknown, outer: AbortSignal | undefined): unknown {
  if (outer?.aborted === true) return StatusError.from(outer.reason);
  if (reason instanceof ReapiError || reason instanceof WireError)
    return new StatusError(Code.DataLoss, `cluster ${url} sent a malformed message: ${reason.message}`, {
      cause: reason,
    });
  if (!(reason instanceof StatusError) || reason.message.includes(url)) return reason;
  return StatusError.wrap(reason, `cluster ${url}`);
}

function withNamed({ url }: ClusterConnection, response: ExecuteResponse): ExecuteResponse {
  const { status } = response;
  return status === undefined ? response : { ...response, status: StatusError.wrap(status, `cluster ${url}`) };
}

interface LiveOutput extends AsyncDisposable {
  follow(progress: OperationProgress): Promise<void>;
  /** A command that ran has been in the stage of it, whatever was said. */
  end(response: ExecuteResponse): Promise<void>;
}

/** Stages and log streams of one operation. Disposing waits a moment for what the streams still have. */
function createLiveOutput(
  cluster: ClusterConnection,
  emit: (event: ExecutionEvent) => Promise<void>,
  outer: AbortSignal,
): LiveOutput {
  let stage = "";
  const late = new AbortController();
  const signal = AbortSignal.any([outer, late.signal]);
  const reading = new Map<string, Promise<void>>();
  async function enter(next: "cache-check" | "queued" | "executing"): Promise<void> {
    if (next === stage) return;
    stage = next;
    await emit({ type: "stage", stage: next, isLive: reading.size > 0 });
  }
  return {
    async follow(progress) {
      for (const stream of ["stdout", "stderr"] as const) {
        const name = progress[stream];
        if (name === "" || reading.has(name)) continue;
        const onBytes = (bytes: Uint8Array): Promise<void> => emit({ type: "output", stream, bytes });
        reading.set(name, readLog(cluster, name, onBytes, signal));
      }
      // Some servers never say what they do.
      const now = progress.stage === "unknown" ? "executing" : progress.stage;
      if (now !== "completed") await enter(now);
    },
    async end(response) {
      if (!response.cachedResult && response.result !== undefined) await enter("executing");
    },
    async [Symbol.asyncDispose]() {
      const timer = setTimeout(() => late.abort(), LOG_END_MS);
      await Promise.all(reading.values());
      clearTimeout(timer);
    },
  };
}
