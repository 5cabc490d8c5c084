import { digestKey } from "@causeway/bridge/digest";
import type { ExecuteRequest, ExecuteResponse, ExecutionEvent } from "@causeway/bridge/execution";
import { Code, StatusError } from "@causeway/bridge/status";

type Run = (
  request: ExecuteRequest,
  emit: (event: ExecutionEvent) => void,
  signal: AbortSignal,
) => Promise<ExecuteResponse>;

/** A waiter that is so far behind misses live output; the result names the whole log. */
const EVENTS_WAITING_MAX = 10_000;

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

/** @param run runs one action to its end; when it settles nothing of the action is left. */
export function createInFlight(run: Run): InFlight {
  const running = new Map<string, Execution>();
  const ending = new Set<Promise<void>>();

  function start(key: string, request: ExecuteRequest): Execution {
    const waiters = new Set<Waiter>();
    const cancel = new AbortController();
    let stage: ExecutionEvent | undefined;
    const emit = (event: ExecutionEvent): void => {
      if (event.type === "stage") stage = event;
      for (const waiter of waiters) waiter.push(event);
    };
    const ended = run(request, emit, cancel.signal)
      .then(
        (response) => waiters.forEach((waiter) => waiter.push({ type: "done", response })),
        (reason: unknown) => waiters.forEach((waiter) => waiter.fail(reason)),
      )
      .finally(() => {
        ending.delete(ended);
        if (running.get(key) === execution) running.delete(key);
      });
    ending.add(ended);
    const execution: Execution = { waiters, cancel, ended, stage: () => stage };
    running.set(key, execution);
    return execution;
  }

  async function* join(request: ExecuteRequest, signal: AbortSignal): AsyncGenerator<ExecutionEvent> {
    signal.throwIfAborted();
    const key = digestKey(request.actionDigest);
    const known = running.get(key);
    // One that is being cancelled is no company: its end would be ours.
    const execution = known === undefined || known.cancel.signal.aborted ? start(key, request) : known;
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
      await Promise.all(ending);
    },
  };
}

function createQueue(): Waiter & { next(): Promise<ExecutionEvent> } {
  const events: ExecutionEvent[] = [];
  let failure: { readonly reason: unknown } | undefined;
  let wake: (() => void) | undefined;
  return {
    push(event) {
      if (event.type === "output" && events.length >= EVENTS_WAITING_MAX) return;
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
        if (event !== undefined) return event;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}
