import { mkdirSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { totalmem } from "node:os";
import { join } from "node:path";
import { byteStringOf, decodeActionResult, encodeActionResult } from "@causeway/bridge/formats";
import type { ExecuteRequest, ExecuteResponse, Execution, ExecutionEvent } from "@causeway/bridge/execution";
import { Code, StatusError } from "@causeway/bridge/status";
import { systemClock, type Clock, type Store } from "@causeway/bridge/store";
import { loadAction, type LoadedAction } from "./action/load-action.js";
import { missingBlobs } from "./action/missing-blobs.js";
import { defaultHostPaths, makeHostRoot, type HostRoot } from "./inputs/host-root.js";
import { loadTrees, type LoadedTrees } from "./inputs/load-trees.js";
import { openPreparedTrees } from "./inputs/prepared-trees.js";
import { removeTree } from "./inputs/remove-tree.js";
import { defaultLimits, type ExecutorLimits } from "./limits.js";
import { keepFailed } from "./outputs/keep-failed.js";
import { createInFlight } from "./queue/in-flight.js";
import { createSlots } from "./queue/slots.js";
import { recover } from "./recover.js";
import { runAction } from "./run-action.js";
import type { Runtime } from "./sandbox/runtimes.js";
import { createSlotPlaces } from "./sandbox/slot-places.js";

/** What {@link createExecutor} needs. */
export interface ExecutorOptions {
  readonly store: Store;
  /** For the files of running actions; emptied at the start. Only one executor may use it. */
  readonly workDirectory: string;
  /** For input trees that actions share; kept while the machine runs. Only one executor may use it. */
  readonly treesDirectory: string;
  /** Where the working directories of failed actions go when a request asks for it; beside `workDirectory`. Without: nowhere. */
  readonly failedDirectory?: string;
  /** How many actions run at once. */
  readonly concurrency: number;
  /** Memory that running actions may ask for together; that of the machine unless said. */
  readonly memoryBytes?: number;
  /** What is `/` for an action that does not say: see {@link LoadOptions}. The input root unless said. */
  readonly defaultRoot?: "input" | "host";
  /** What of this machine actions see whose root is the host; {@link defaultHostPaths} unless said. */
  readonly hostPaths?: readonly string[];
  /** Platform properties that are passed over, by name, or all that are not known. An unknown one is refused unless said. */
  readonly ignoredProperties?: readonly string[] | "all";
  /** Found by probing, when the first action needs it, unless given. */
  readonly runtime?: Runtime;
  readonly limits?: Partial<ExecutorLimits>;
  readonly clock?: Clock;
  /** Makes names that no other call made: letters, digits and dashes. */
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
  const { store, workDirectory, ids, clock = systemClock } = options;
  const limits = { ...defaultLimits, ...options.limits };
  await recover(workDirectory);
  await mkdir(workDirectory, { recursive: true, mode: 0o711 });
  const trees = await openPreparedTrees({
    store,
    directory: options.treesDirectory,
    sizeBytesMax: limits.treesBytesMax,
    ids,
  });
  const places = createSlotPlaces(workDirectory, [workDirectory, options.treesDirectory], options.runtime);
  const memoryBytes = options.memoryBytes ?? totalmem();
  const slots = createSlots(options.concurrency, limits.queueLengthMax, memoryBytes);
  const hostPlace = join(workDirectory, "host", "root"); // Where `recover` knows it as the root of a container.
  let hostRoot: HostRoot | undefined;
  const cleaning = new Set<Promise<void>>();
  const stopped = new AbortController();

  function clean(directory: string, afterwards: Promise<void>): void {
    const removal = afterwards
      .then(() => removeTree(byteStringOf(directory)))
      .catch(() => undefined) // What could not be removed is tried again at the next start.
      .finally(() => cleaning.delete(removal));
    cleaning.add(removal);
  }

  type Emit = (event: ExecutionEvent) => void;

  async function runInSlot(
    loaded: LoadedAction,
    request: ExecuteRequest,
    emit: Emit,
    signal: AbortSignal,
  ): Promise<ExecuteResponse> {
    const needed = loaded.platform.memoryBytes ?? 0;
    if (needed > memoryBytes)
      throw new StatusError(
        Code.FailedPrecondition,
        `the action asks for ${String(needed)} bytes of memory, and actions have ${String(memoryBytes)} together here`,
      );
    const inputs = await checkInputs(loaded);
    const queuedMs = clock.nowMs();
    emit({ type: "stage", stage: "queued" });
    const index = await slots.take({ priority: request.priority ?? 0, memoryBytes: needed }, signal);
    const containerId = ids();
    const directory = join(workDirectory, containerId);
    let afterwards = Promise.resolve();
    try {
      const slot = await places.at(index);
      mkdirSync(directory, 0o711);
      const { nameOf } = places;
      const parts = {
        store,
        trees,
        ...(inputs === undefined ? {} : { inputs }),
        hostRoot: () => (hostRoot ??= makeHostRoot(hostPlace, options.hostPaths ?? defaultHostPaths)),
        limits,
        clock,
        signal,
        emit,
        queuedMs,
        directory,
        containerId,
        slot,
        nameOf,
      };
      const finished = await runAction(parts, loaded);
      ({ afterwards } = finished);
      await remember(loaded, request, finished.response);
      const { failedDirectory } = options;
      if (request.keepFailedAs === undefined || failedDirectory === undefined) return finished.response;
      const name = `${request.keepFailedAs}-${containerId}`;
      return await keepFailed(finished.response, loaded, { directory, failedDirectory, name });
    } finally {
      slots.release(index, needed);
      clean(directory, afterwards);
    }
  }

  /**
   * Reads the whole input tree of an action that gets it as its own, so that its client learns of everything that is missing while the
   * execution is not created yet. Trees that actions share are checked when they are made.
   */
  async function checkInputs({ platform, action }: LoadedAction): Promise<LoadedTrees | undefined> {
    if (platform.inputs === "read-only" || platform.chrootRootDigest !== undefined) return undefined;
    const inputs = await loadTrees(store, [action.inputRootDigest], limits);
    if (inputs.missing.length > 0) throw missingBlobs(inputs.missing);
    return inputs;
  }

  /** Only what succeeded is worth finding again (REAPI: a server should not cache what failed). */
  async function remember(
    loaded: LoadedAction,
    { instanceName = "" }: ExecuteRequest,
    response: ExecuteResponse,
  ): Promise<void> {
    const { result, status } = response;
    if (result === undefined || status !== undefined || result.exitCode !== 0 || loaded.action.doNotCache === true)
      return;
    await store.actionCache.put(loaded.digest, encodeActionResult(result), { instanceName });
  }

  const inFlight = createInFlight<LoadedAction>({
    async prepare({ actionDigest }) {
      const machine = { os: process.platform, arch: process.arch };
      const loaded = await loadAction(store, actionDigest, machine, limits, {
        defaultRoot: options.defaultRoot ?? "input",
        ignored: options.ignoredProperties ?? [],
      });
      return { task: loaded, mayMerge: loaded.action.doNotCache !== true };
    },
    async run(loaded, request, emit, signal) {
      if (request.skipCacheLookup !== true && loaded.action.doNotCache !== true) {
        emit({ type: "stage", stage: "cache-check" });
        const { instanceName = "" } = request;
        const cached = await store.actionCache.get(loaded.digest, { instanceName });
        if (cached !== undefined) return { result: decodeActionResult(cached, loaded.digest.fn), cachedResult: true };
      }
      return runInSlot(loaded, request, emit, signal);
    },
  });
  async function close(): Promise<void> {
    stopped.abort(new StatusError(Code.Cancelled, "the executor is shutting down"));
    await inFlight.idle();
    await Promise.all(cleaning);
    await trees[Symbol.asyncDispose]();
    await places[Symbol.asyncDispose]();
  }

  let closed: Promise<void> | undefined;
  return {
    execute(request, callOptions = {}) {
      if (stopped.signal.aborted) throw new StatusError(Code.Unavailable, "the executor is shutting down");
      const signals = [stopped.signal, ...(callOptions.signal === undefined ? [] : [callOptions.signal])];
      return inFlight.join(request, AbortSignal.any(signals));
    },
    [Symbol.asyncDispose]: () => (closed ??= close()),
  };
}
