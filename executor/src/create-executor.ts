import { mkdirSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { decodeActionResult, encodeActionResult, byteStringOf } from "@causeway/bridge/formats";
import type { ExecuteRequest, ExecuteResponse, Execution, ExecutionEvent } from "@causeway/bridge/execution";
import { Code, StatusError } from "@causeway/bridge/status";
import type { Store } from "@causeway/bridge/store";
import { loadAction, type LoadedAction } from "./action/load-action.js";
import { systemClock, type Clock } from "./clock.js";
import { openPreparedTrees } from "./inputs/prepared-trees.js";
import { removeTree } from "./inputs/remove-tree.js";
import { defaultLimits, type ExecutorLimits } from "./limits.js";
import { keepFailed } from "./outputs/keep-failed.js";
import { createInFlight } from "./queue/in-flight.js";
import { createSlots } from "./queue/slots.js";
import { recover } from "./recover.js";
import { runAction } from "./run-action.js";
import { findRuntime, type Runtime } from "./sandbox/runtimes.js";
import { makeSlot, type Slot } from "./sandbox/slot.js";

/** What {@link createExecutor} needs. */
export interface ExecutorOptions {
  readonly store: Store;
  /** For the files of running actions; emptied at the start. Only one executor may use it. */
  readonly workDirectory: string;
  /** For input trees that actions share; kept while the machine runs. */
  readonly treesDirectory: string;
  /** Where the working directories of failed actions go when a request asks for it; beside `workDirectory`. Without: nowhere. */
  readonly failedDirectory?: string;
  /** How many actions run at once. */
  readonly concurrency: number;
  /** Found by probing, when the first action needs it, unless given. */
  readonly runtime?: Runtime;
  readonly limits?: Partial<ExecutorLimits>;
  readonly clock?: Clock;
  /** Makes names that no other call made. */
  readonly ids: () => string;
}

/** The Execution service of this machine. Disposing cancels what runs and waits for its end. */
export type Executor = Execution & AsyncDisposable;

/**
 * Opens the executor of this machine. Whatever a killed predecessor left is ended and removed first.
 *
 * @throws StatusError if the directories cannot be used.
 */
export async function createExecutor(options: ExecutorOptions): Promise<Executor> {
  const { store, ids, clock = systemClock } = options;
  const limits = { ...defaultLimits, ...options.limits };
  await recover(options.workDirectory);
  await mkdir(options.workDirectory, { recursive: true, mode: 0o711 });
  const trees = await openPreparedTrees(store, options.treesDirectory, ids);
  const slots = createSlots(options.concurrency, limits.queueLengthMax);
  const places = new Map<number, Promise<Slot>>();
  const cleaning = new Set<Promise<void>>();
  const stopped = new AbortController();
  let runtime: Promise<Runtime> | undefined;

  function clean(directory: string): void {
    const removal = removeTree(byteStringOf(directory))
      .catch(() => undefined) // What could not be removed is tried again at the next start.
      .finally(() => cleaning.delete(removal));
    cleaning.add(removal);
  }

  function slotAt(index: number): Promise<Slot> {
    const known = places.get(index) ?? makeSlot(options.workDirectory, index);
    places.set(index, known);
    return known;
  }

  async function runInSlot(
    loaded: LoadedAction,
    request: ExecuteRequest,
    emit: (event: ExecutionEvent) => void,
    signal: AbortSignal,
  ): Promise<ExecuteResponse> {
    const queuedMs = clock.nowMs();
    emit({ type: "stage", stage: "queued" });
    const index = await slots.take(request.priority ?? 0, signal);
    const containerId = ids();
    const directory = join(options.workDirectory, containerId);
    try {
      mkdirSync(directory, 0o711);
      runtime ??= options.runtime === undefined ? findRuntime() : Promise.resolve(options.runtime);
      const response = await runAction(
        {
          store,
          trees,
          limits,
          clock,
          signal,
          emit,
          queuedMs,
          directory,
          containerId,
          runtime: await runtime,
          slot: await slotAt(index),
          stateDirectory: join(options.workDirectory, "oci"),
        },
        loaded,
      );
      await remember(loaded, response);
      const { failedDirectory } = options;
      if (request.keepFailedAs === undefined || failedDirectory === undefined) return response;
      const name = `${request.keepFailedAs}-${containerId}`;
      return await keepFailed(response, loaded, { directory, failedDirectory, name });
    } finally {
      slots.release(index);
      clean(directory);
    }
  }

  /** Only what succeeded is worth finding again (REAPI: a server should not cache what failed). */
  async function remember(loaded: LoadedAction, response: ExecuteResponse): Promise<void> {
    const { result, status } = response;
    if (result === undefined || status !== undefined || result.exitCode !== 0 || loaded.action.doNotCache === true)
      return;
    await store.actionCache.put(loaded.digest, encodeActionResult(result));
  }

  async function run(
    request: ExecuteRequest,
    emit: (event: ExecutionEvent) => void,
    signal: AbortSignal,
  ): Promise<ExecuteResponse> {
    emit({ type: "stage", stage: "cache-check" });
    const loaded = await loadAction(store, request.actionDigest, { os: process.platform, arch: process.arch }, limits);
    if (request.skipCacheLookup !== true && loaded.action.doNotCache !== true) {
      const cached = await store.actionCache.get(loaded.digest);
      if (cached !== undefined) return { result: decodeActionResult(cached, loaded.digest.fn), cachedResult: true };
    }
    return runInSlot(loaded, request, emit, signal);
  }

  const inFlight = createInFlight(run);
  return {
    execute(request, callOptions = {}) {
      if (stopped.signal.aborted) throw new StatusError(Code.Unavailable, "the executor is shutting down");
      const signals = [stopped.signal, ...(callOptions.signal === undefined ? [] : [callOptions.signal])];
      return inFlight.join(request, AbortSignal.any(signals));
    },
    async [Symbol.asyncDispose]() {
      stopped.abort(new StatusError(Code.Cancelled, "the executor is shutting down"));
      await inFlight.idle();
      await Promise.all(cleaning);
      for (const place of places.values())
        await place.then((slot) => removeTree(byteStringOf(slot.directory))).catch(() => undefined);
      await removeTree(byteStringOf(join(options.workDirectory, "oci")));
    },
  };
}
