import type { StorePath } from "../../formats/index.js";
import { Code, StatusError } from "../../status/index.js";
import type { ImportContext } from "../import/import-context.js";
import { createFetcher } from "./create-fetcher.js";
import { createFinder, type FinderOptions } from "./create-finder.js";
import { makePlan } from "./make-plan.js";
import type { SubstituteOptions, Substituter, SubstitutionPlan } from "./substituter.js";
import { quietly } from "./substitution-listener.js";

/** What a substituter is made of. */
export interface SubstituterOptions extends FinderOptions {
  /** Where paths go, and by what they are judged. */
  readonly context: ImportContext;
  /** Archives that come at once. */
  readonly transfersMax: number;
}

/** Fetches from binary caches into a store. Disposing it waits for what runs, and lets the caches go. */
export function createSubstituter(options: SubstituterOptions): Substituter {
  const { context, caches, transfersMax } = options;
  const finder = createFinder(options);
  const fetcher = createFetcher(context, finder, transfersMax);
  const closing = new AbortController();
  const signalOf = (signal: AbortSignal | undefined): AbortSignal =>
    signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal]);

  function plan(root: StorePath, { signal, onEvent }: SubstituteOptions = {}): Promise<SubstitutionPlan | undefined> {
    const how = { signal: signalOf(signal), tell: quietly(onEvent) };
    return makePlan(context, root, (path) => finder.find(path, how));
  }

  async function fetchAll(planned: SubstitutionPlan, { signal, onEvent }: SubstituteOptions): Promise<void> {
    const own = new AbortController();
    const waiter = {
      signal: AbortSignal.any([signalOf(signal), own.signal]),
      ...(onEvent !== undefined && { onEvent }),
    };
    const fetched = [...planned.keys()].map((path) => fetcher.fetch(path, planned, waiter));
    try {
      await Promise.all(fetched);
    } finally {
      own.abort(new StatusError(Code.Cancelled, "not needed any more"));
      await Promise.allSettled(fetched);
    }
  }

  return {
    find: (path, { signal, onEvent, massQuery = false } = {}) =>
      finder.find(path, { signal: signalOf(signal), tell: quietly(onEvent), massQuery }),
    plan,
    async substitute(path, { signal, onEvent } = {}) {
      const bounded = signalOf(signal);
      bounded.throwIfAborted();
      const how = { signal: bounded, onEvent: quietly(onEvent) };
      try {
        const planned = await plan(path, how);
        if (planned === undefined) return { type: "absent" };
        await fetchAll(planned, how);
        return { type: "valid" };
      } catch (reason) {
        bounded.throwIfAborted();
        return { type: "failed", message: StatusError.from(reason).message };
      }
    },
    async [Symbol.asyncDispose]() {
      closing.abort(new StatusError(Code.Cancelled, "the store is being closed"));
      await fetcher.idle();
      await Promise.all(caches.map(({ cache }) => cache[Symbol.asyncDispose]()));
    },
  };
}
