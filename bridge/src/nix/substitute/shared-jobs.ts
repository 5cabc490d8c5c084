/** Work that several wait for, done once; it is stopped when nobody waits for it any more. */
export interface SharedJobs<K, Event> {
  /**
   * Waits for the job of a key, which `run` begins if there is none. Whoever leaves last waits for its end, so that nothing is left running.
   *
   * @throws what the job throws, or what `signal` was aborted with.
   */
  join(key: K, options: JoinOptions<Event>): Promise<void>;
  /** Waits until no job runs. */
  idle(): Promise<void>;
}

/** One who waits. */
export interface JoinOptions<Event> {
  readonly run: (signal: AbortSignal, tell: (event: Event) => void) => Promise<void>;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: Event) => void) | undefined;
}

interface Job<Event> {
  readonly ended: Promise<void>;
  readonly controller: AbortController;
  readonly listeners: Set<(event: Event) => void>;
  waiting: number;
}

/** @see SharedJobs */
export function createSharedJobs<K, Event>(): SharedJobs<K, Event> {
  const jobs = new Map<K, Job<Event>>();

  function start(key: K, run: JoinOptions<Event>["run"]): Job<Event> {
    const controller = new AbortController();
    const listeners = new Set<(event: Event) => void>();
    const tell = (event: Event): void => {
      for (const listener of listeners) listener(event);
    };
    // Begun in a turn of its own: jobs that begin others must not go as deep into the stack as those go into each other.
    const ended = Promise.resolve()
      .then(() => run(controller.signal, tell))
      .finally(() => jobs.delete(key));
    ended.catch(() => undefined); // Whoever waits is told.
    const job = { ended, controller, listeners, waiting: 0 };
    jobs.set(key, job);
    return job;
  }

  async function join(key: K, options: JoinOptions<Event>): Promise<void> {
    const { run, signal, onEvent } = options;
    signal?.throwIfAborted();
    for (let old = jobs.get(key); old?.controller.signal.aborted === true; old = jobs.get(key))
      await old.ended.catch(() => undefined);
    const job = jobs.get(key) ?? start(key, run);
    const left = Promise.withResolvers<never>();
    const leave = (): void => {
      if (--job.waiting === 0) job.controller.abort(signal?.reason);
      else left.reject(signal?.reason as Error);
    };
    job.waiting++;
    if (onEvent !== undefined) job.listeners.add(onEvent);
    signal?.addEventListener("abort", leave, { once: true });
    try {
      await Promise.race([job.ended, left.promise]);
      signal?.throwIfAborted();
    } finally {
      signal?.removeEventListener("abort", leave);
      if (onEvent !== undefined) job.listeners.delete(onEvent);
    }
  }

  return {
    join,
    async idle() {
      while (jobs.size > 0) await Promise.allSettled([...jobs.values()].map(({ ended }) => ended));
    },
  };
}
