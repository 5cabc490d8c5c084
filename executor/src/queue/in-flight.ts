import { digestKey } from "@causeway/bridge/digest";
import type { ExecuteRequest, ExecuteResponse, ExecutionEvent } from "@causeway/bridge/execution";
import { Code, StatusError } from "@causeway/bridge/status";

/** What {@link createInFlight} needs to know of executions. */
export interface ExecutionKind<T> {
  /** Reads what is asked for. Equal tasks are one if `mayMerge`. */
  prepare(request: ExecuteRequest): Promise<{ readonly task: T; readonly mayMerge: boolean }>;
  /** Runs a task to its end; when it settles nothing of it is left. */
  run(
    task: T,
    request: ExecuteRequest,
    emit: (event: ExecutionEvent) => void,
    signal: AbortSignal,
  ): Promise<ExecuteResponse>;
}

/** A waiter that is so far behind misses live output; the result names the whole log. */
const OUTPUT_BYTES_WAITING_MAX = 16 * 2 ** 20;

/** Joins equal requests: what is asked for twice while it runs is run once. */
export interface InFlight {
  /**
   * Waits for an action's end, starting it if nobody waits for it yet. It is cancelled when its last waiter leaves, and then this iteration
   * ends only once nothing of it is left.
   */
  join(request: ExecuteRequest, signal: AbortSignal): AsyncIterable<ExecutionEvent>;
  /** Resolves when nothing runs. */
  idle(): Promise<void>;
}

interface Execution {
  readonly waiters: Set<Waiter>;
  readonly cancel: AbortController;
  readonly ended: Promise<void>;
  /** The last stage that was entered, for those who join later. */
  readonly stage: () => ExecutionEvent | undefined;
}

interface Waiter {
  push(event: ExecutionEvent): void;
  fail(reason: unknown): void;
}

/** Keeps track of the executions that are under way. */
export function createInFlight<T>(kind: ExecutionKind<T>): InFlight {
  const merging = new Map<string, Execution>();
  const pending = new Set<Promise<unknown>>();

  /** Until it settles, {@link InFlight.idle} waits for it. */
  function track<P>(promise: Promise<P>): Promise<P> {
    const tracked = promise.finally(() => pending.delete(tracked));
    pending.add(tracked);
    return tracked;
  }

  function start(task: T, request: ExecuteRequest): Execution {
    const waiters = new Set<Waiter>();
    const cancel = new AbortController();
    let stage: ExecutionEvent | undefined;
    const emit = (event: ExecutionEvent): void => {
      if (event.type === "stage") stage = event;
      for (const waiter of waiters) waiter.push(event);
    };
    const ended = track(
      kind.run(task, request, emit, cancel.signal).then(
        (response) => waiters.forEach((waiter) => waiter.push({ type: "done", response })),
        (reason: unknown) => waiters.forEach((waiter) => waiter.fail(reason)),
      ),
    );
    return { waiters, cancel, ended, stage: () => stage };
  }

  /** The execution of that task which is under way, or a new one. */
  function find(task: T, request: ExecuteRequest): Execution {
    // A digest has no space in it, so no two pairs have one key. What one instance believes of actions is not for the other.
    const key = `${digestKey(request.actionDigest)} ${request.instanceName ?? ""}`;
    const known = merging.get(key);
    // One that is being cancelled is no company: its end would be ours.
    if (known !== undefined && !known.cancel.signal.aborted) return known;
    const started = start(task, request);
    merging.set(key, started);
    void started.ended.finally(() => {
      if (merging.get(key) === started) merging.delete(key);
    });
    return started;
  }

  async function* join(request: ExecuteRequest, signal: AbortSignal): AsyncGenerator<ExecutionEvent> {
    throwIfAborted(signal);
    const { task, mayMerge } = await track(kind.prepare(request));
    throwIfAborted(signal);
    const execution = mayMerge ? find(task, request) : start(task, request);
    const queue = createQueue();
    execution.waiters.add(queue);
    const stage = execution.stage();
    if (stage !== undefined) queue.push(stage);
    const abort = (): void => queue.fail(StatusError.from(signal.reason));
    signal.addEventListener("abort", abort, { once: true });
    try {
      for (;;) {
        const event = await queue.next();
        yield event;
        if (event.type === "done") return;
      }
    } finally {
      signal.removeEventListener("abort", abort);
      execution.waiters.delete(queue);
      if (execution.waiters.size === 0) {
        execution.cancel.abort(new StatusError(Code.Cancelled, "nobody waits for the action any more"));
        await execution.ended;
      }
    }
  }

  return {
    join,
    async idle() {
      while (pending.size > 0) await Promise.allSettled(pending);
    },
  };
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw StatusError.from(signal.reason);
}

function createQueue(): Waiter & { next(): Promise<ExecutionEvent> } {
  const events: ExecutionEvent[] = [];
  let outputBytes = 0;
  let failure: { readonly reason: unknown } | undefined;
  let wake: (() => void) | undefined;
  return {
    push(event) {
      if (event.type === "output") {
        if (outputBytes + event.bytes.byteLength > OUTPUT_BYTES_WAITING_MAX) return;
        outputBytes += event.bytes.byteLength;
      }
      events.push(event);
      wake?.();
    },
    fail(reason) {
      failure ??= { reason };
      wake?.();
    },
    async next() {
      for (;;) {
        // An abort ends the wait at once, whatever is still waiting to be told.
        if (failure !== undefined) throw failure.reason;
        const event = events.shift();
        if (event?.type === "output") outputBytes -= event.bytes.byteLength;
        if (event !== undefined) return event;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}
