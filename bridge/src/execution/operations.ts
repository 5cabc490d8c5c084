import { Code, StatusError } from "../status/index.js";
import type { ExecuteRequest, ExecuteResponse, Execution, ExecutionEvent } from "./execution.js";
import type { LogStreams, LogWriter } from "./log-streams.js";

/** Bounds on operations; each has its reason beside it. */
export interface OperationLimits {
  /** How long an action goes on after its last waiter left: time to connect again with WaitExecution. */
  readonly graceMs: number;
  /** How long a finished operation can still be asked for, by a client that was away when it ended. */
  readonly finishedMs: number;
  /** Finished operations that are kept; a busy server ends hundreds in a second. The oldest are forgotten first. */
  readonly finishedMax: number;
}

/** What holds unless the options say otherwise. */
export const defaultOperationLimits: OperationLimits = { graceMs: 60_000, finishedMs: 600_000, finishedMax: 2_000 };

/** Where an operation is. The last state of each is `completed`, which alone has a response. */
export type OperationState =
  | { readonly stage: "cache-check" | "queued" | "executing" }
  | { readonly stage: "completed"; readonly response: ExecuteResponse };

/** An execution that clients know by a name. */
export interface Operation {
  /** `operations/<id>`, which nobody can guess. */
  readonly name: string;
  readonly request: ExecuteRequest;
  /** The name of who asked for it. */
  readonly owner: string;
  readonly state: OperationState;
  /** Streams of its live output, once it is executing. */
  readonly logs?: { readonly stdout: string; readonly stderr: string };
  /**
   * The current state at once, then each later one; ends after `completed`. Leaving the iteration drops this waiter.
   *
   * @param options.fromStart begins with its first state, as the client who started it wants.
   * @throws StatusError Cancelled when `signal` aborts.
   */
  watch(options?: { readonly signal?: AbortSignal; readonly fromStart?: boolean }): AsyncIterable<OperationState>;
}

/** Which operations to list. */
export interface ListOptions {
  /** How many at most. */
  readonly limit: number;
  /** What the page before said; from the first one on unless given. */
  readonly pageToken?: string;
  /** Leaves out those that it refuses. */
  readonly filter?: (operation: Operation) => boolean;
}

/** One page of a list. */
export interface OperationPage {
  readonly operations: readonly Operation[];
  /** Absent on the last page. */
  readonly nextPageToken?: string;
}

/** The operations of a server: executions that outlive the connections of those who wait for them. */
export interface Operations extends AsyncDisposable {
  /**
   * Starts an operation, and returns once it is more than a request: its action is loaded and checked, and is queued, or was found in the
   * cache.
   *
   * @param options.signal drops it, while it is not created.
   * @throws StatusError why it cannot be created, as {@link Execution.execute} says.
   */
  start(
    request: ExecuteRequest,
    options?: { readonly owner?: string; readonly signal?: AbortSignal },
  ): Promise<Operation>;
  /** @throws StatusError NotFound. */
  get(name: string): Operation;
  /** In the order in which they were started. @throws StatusError InvalidArgument for a page token that is none. */
  list(options: ListOptions): OperationPage;
  /** Ends it; its response will say Cancelled. Nothing happens to one that is completed. @throws StatusError NotFound. */
  cancel(name: string): void;
  /** Forgets it, if need be once it is completed. Does not cancel it. @throws StatusError NotFound. */
  remove(name: string): void;
  /** How many are in which stage, completed ones aside. */
  counts(): Readonly<Record<"cache-check" | "queued" | "executing", number>>;
}

/** What {@link createOperations} works with. */
export interface OperationsOptions {
  readonly execution: Execution;
  readonly clock: { nowMs(): number };
  /** Makes names that nobody can guess: letters and digits. */
  readonly ids: () => string;
  /** Where live output goes; without it is dropped. */
  readonly logs?: LogStreams;
  readonly limits?: Partial<OperationLimits>;
  /** Told of each operation once it is completed, for metrics. */
  readonly onCompleted?: (operation: Operation, response: ExecuteResponse) => void;
}

const PREFIX = "operations/";

interface Entry extends Operation {
  /** Counts those that were created. */
  sequence: number;
  readonly states: OperationState[];
  readonly cancel: AbortController;
  logs?: NonNullable<Operation["logs"]>;
  writers?: { readonly stdout: LogWriter; readonly stderr: LogWriter };
  completedMs?: number;
  waiters: number;
  unwanted: boolean;
  grace: NodeJS.Timeout | undefined;
  readonly waiting: Set<() => void>;
}

/** Creates the registry of a server's operations. Disposing cancels those that run and waits for their end. */
export function createOperations(options: OperationsOptions): Operations {
  const { execution, clock, ids } = options;
  const limits = { ...defaultOperationLimits, ...options.limits };
  const entries = new Map<string, Entry>();
  /** Completed ones, in the order of their ends. */
  const completed = new Set<Entry>();
  const running = new Set<Promise<void>>();
  let sequence = 0;
  let closed = false;

  function createEntry(request: ExecuteRequest, owner: string): Entry {
    const entry: Entry = {
      name: PREFIX + ids(),
      request,
      owner,
      sequence: 0,
      states: [],
      cancel: new AbortController(),
      waiters: 0,
      unwanted: false,
      grace: undefined,
      waiting: new Set(),
      get state() {
        return entry.states.at(-1)!;
      },
      watch: ({ signal, fromStart = false } = {}) => watch(entry, fromStart, signal),
    };
    return entry;
  }

  function enter(entry: Entry, state: OperationState): void {
    entry.states.push(state);
    if (state.stage === "executing") openLogs(entry);
    const woken = [...entry.waiting];
    entry.waiting.clear();
    for (const wake of woken) wake();
  }

  function openLogs(entry: Entry): void {
    if (options.logs === undefined || entry.writers !== undefined) return;
    const { instanceName = "" } = entry.request;
    try {
      const [stdout, stderr] = [options.logs.create(instanceName), options.logs.create(instanceName)];
      entry.logs = { stdout: stdout.name, stderr: stderr.name };
      entry.writers = { stdout: stdout.writer, stderr: stderr.writer };
    } catch {
      // Too many are open: this one goes without; its result names the whole log.
    }
  }

  function complete(entry: Entry, response: ExecuteResponse): void {
    clearTimeout(entry.grace);
    entry.writers?.stdout.finish();
    entry.writers?.stderr.finish();
    entry.completedMs = clock.nowMs();
    enter(entry, { stage: "completed", response });
    if (entry.unwanted) entries.delete(entry.name);
    else completed.add(entry);
    forgetOld();
    options.onCompleted?.(entry, response);
  }

  function forgetOld(): void {
    const oldestMs = clock.nowMs() - limits.finishedMs;
    for (const entry of completed) {
      if (completed.size <= limits.finishedMax && entry.completedMs! >= oldestMs) return;
      completed.delete(entry);
      entries.delete(entry.name);
    }
  }

  function tell(entry: Entry, event: ExecutionEvent): void {
    if (event.type === "stage") enter(entry, { stage: event.stage });
    else if (event.type === "output") entry.writers?.[event.stream].append(event.bytes);
    else complete(entry, event.response);
  }

  async function follow(entry: Entry, events: AsyncIterator<ExecutionEvent>): Promise<void> {
    try {
      for (let next = await events.next(); next.done !== true; next = await events.next()) tell(entry, next.value);
      if (entry.completedMs === undefined)
        throw new StatusError(Code.Internal, "the execution ended without a response");
    } catch (error) {
      if (entry.completedMs === undefined) complete(entry, { cachedResult: false, status: StatusError.from(error) });
    }
  }

  /** Lets the action go on for a while without anybody who waits for it. */
  function leaveAlone(entry: Entry): void {
    if (entry.waiters > 0 || entry.completedMs !== undefined) return;
    clearTimeout(entry.grace);
    entry.grace = setTimeout(
      () => entry.cancel.abort(new StatusError(Code.Cancelled, "nobody waits for the action any more")),
      limits.graceMs,
    );
  }

  async function* watch(
    entry: Entry,
    fromStart: boolean,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<OperationState, void, undefined> {
    entry.waiters++;
    clearTimeout(entry.grace);
    try {
      for (let at = fromStart ? 0 : entry.states.length - 1; ; at++) {
        while (at >= entry.states.length) {
          if (signal?.aborted === true) throw StatusError.from(signal.reason);
          await change(entry, signal);
        }
        const state = entry.states[at]!;
        yield state;
        if (state.stage === "completed") return;
      }
    } finally {
      entry.waiters--;
      leaveAlone(entry);
    }
  }

  async function start(
    request: ExecuteRequest,
    { owner = "", signal }: { readonly owner?: string; readonly signal?: AbortSignal } = {},
  ): Promise<Operation> {
    if (closed) throw new StatusError(Code.Unavailable, "the server is shutting down");
    if (signal?.aborted === true) throw StatusError.from(signal.reason);
    const entry = createEntry(request, owner);
    const abort = (): void => entry.cancel.abort(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    const events = execution.execute(request, { signal: entry.cancel.signal })[Symbol.asyncIterator]();
    try {
      // Until the queue is reached the request itself can be refused.
      do {
        const next = await events.next();
        if (next.done === true) throw new StatusError(Code.Internal, "the execution ended without a response");
        tell(entry, next.value);
      } while (entry.state.stage === "cache-check");
    } finally {
      signal?.removeEventListener("abort", abort);
    }
    entry.sequence = sequence++;
    if (entry.completedMs === undefined || completed.has(entry)) entries.set(entry.name, entry);
    const following = follow(entry, events).finally(() => running.delete(following));
    running.add(following);
    leaveAlone(entry);
    return entry;
  }

  function get(name: string): Entry {
    forgetOld();
    const entry = entries.get(name);
    if (entry === undefined)
      throw new StatusError(Code.NotFound, `there is no operation '${name}', or it is not kept any more`);
    return entry;
  }

  return {
    start,
    get,
    list({ limit, pageToken, filter = () => true }) {
      forgetOld();
      const from = pageToken === undefined ? 0 : Number(pageToken);
      if (pageToken !== undefined && !/^\d{1,15}$/.test(pageToken))
        throw new StatusError(Code.InvalidArgument, "the page token is not one of this server");
      const page: Entry[] = [];
      for (const entry of entries.values()) {
        if (entry.sequence < from || !filter(entry)) continue;
        if (page.length === limit) return { operations: page, nextPageToken: String(entry.sequence) };
        page.push(entry);
      }
      return { operations: page };
    },
    cancel(name) {
      get(name).cancel.abort(new StatusError(Code.Cancelled, "the operation was cancelled"));
    },
    remove(name) {
      const entry = get(name);
      entry.unwanted = true;
      if (completed.delete(entry)) entries.delete(name);
    },
    counts() {
      const counts = { "cache-check": 0, queued: 0, executing: 0 };
      for (const { state } of entries.values()) if (state.stage !== "completed") counts[state.stage]++;
      return counts;
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      const reason = new StatusError(Code.Unavailable, "the server is shutting down");
      for (const entry of entries.values()) {
        clearTimeout(entry.grace);
        entry.cancel.abort(reason);
      }
      await Promise.all(running);
    },
  };
}

/** Resolves at the next state, or when the waiter does not want to wait any longer. */
function change(entry: Entry, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      entry.waiting.delete(wake);
      signal?.removeEventListener("abort", wake);
      resolve();
    };
    entry.waiting.add(wake);
    signal?.addEventListener("abort", wake, { once: true });
  });
}
