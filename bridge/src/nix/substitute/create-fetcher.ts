import { createLimiter, type SubstitutionEvent } from "../../coordinator/index.js";
import type { StorePath } from "../../formats/index.js";
import { StatusError } from "../../status/index.js";
import { counted } from "../copy/counted.js";
import type { ImportContext } from "../import/import-context.js";
import { importPath } from "../import/import-path.js";
import type { Finder } from "./create-finder.js";
import { createSharedJobs } from "./shared-jobs.js";
import type { FoundPath, SubstitutionPlan } from "./substituter.js";
import { warning, type SubstitutionListener } from "./substitution-listener.js";

/** Fetches paths, each once, however many plans it is part of. */
export interface Fetcher {
  /** Fetches a path of a plan, and with it what it refers to. @throws StatusError; what `signal` was aborted with. */
  fetch(path: StorePath, plan: SubstitutionPlan, waiter: Waiter): Promise<void>;
  /** Waits until nothing is under way. */
  idle(): Promise<void>;
}

/** Who waits for a path. */
export interface Waiter {
  readonly signal: AbortSignal;
  readonly onEvent?: SubstitutionListener;
}

/** What one path is fetched with. */
interface Transfer {
  readonly path: StorePath;
  readonly plan: SubstitutionPlan;
  readonly signal: AbortSignal;
  readonly tell: SubstitutionListener;
  /** What the path refers to, on its way. */
  readonly references: Promise<unknown>;
}

/** @param transfersMax archives that come at once. */
export function createFetcher(context: ImportContext, finder: Finder, transfersMax: number): Fetcher {
  const places = createLimiter(transfersMax);
  const jobs = createSharedJobs<StorePath, SubstitutionEvent>();

  function fetch(path: StorePath, plan: SubstitutionPlan, waiter: Waiter): Promise<void> {
    const run = async (signal: AbortSignal, tell: SubstitutionListener): Promise<void> => {
      // They are left when this one fails, too: then nobody needs what it refers to.
      const own = new AbortController();
      const bounded = AbortSignal.any([signal, own.signal]);
      const needed = plan.get(path)!.offer.info.references.filter((each) => each !== path && plan.has(each));
      const references = Promise.all(needed.map((each) => fetch(each, plan, { signal: bounded })));
      references.catch(() => undefined); // Awaited before the path is registered.
      try {
        await transfer({ path, plan, signal, tell, references });
      } finally {
        own.abort();
        await Promise.allSettled([references]);
      }
    };
    return jobs.join(path, { ...waiter, run });
  }

  /** From the cache of the plan, or from others that need nothing else than it does. */
  async function transfer(task: Transfer): Promise<void> {
    const { path, plan, signal, tell, references } = task;
    const first = plan.get(path)!;
    const known = new Set(first.offer.info.references);
    const others: { failed?: true } = {};
    references.catch(() => (others.failed = true));
    let failure: unknown;
    const attempt = async (found: FoundPath): Promise<boolean> => {
      try {
        await transferFrom(found, task);
        return true;
      } catch (reason) {
        signal.throwIfAborted();
        if (others.failed === true) throw reason;
        failure ??= reason;
        tell(warning(StatusError.from(reason).message));
        return false;
      }
    };
    if (await attempt(first)) return;
    for await (const found of finder.findElsewhere(path, first, { signal, tell })) {
      const fits = found.offer.info.references.every((reference) => known.has(reference));
      if (fits && (await attempt(found))) return;
    }
    throw failure;
  }

  async function transferFrom({ offer, from }: FoundPath, { signal, tell, references }: Transfer): Promise<void> {
    const { path, narSizeBytes } = offer.info;
    const stored = Promise.withResolvers<undefined>();
    let imported: Promise<void> | undefined;
    // A place is given back before the path waits for others, which may need one.
    await places(() => {
      signal.throwIfAborted();
      tell({ type: "copying", path, from, narSizeBytes });
      const received = (receivedBytes: number): void => tell({ type: "received", path, receivedBytes });
      imported = importPath(context, offer.info, counted(offer.open(signal), received), {
        repair: false,
        acceptUnsigned: true, // It was looked at when it was found.
        beforeRegistration: async () => {
          stored.resolve(undefined);
          await references;
        },
        signal,
      }).finally(() => {
        stored.resolve(undefined);
        tell({ type: "copied", path });
      });
      imported.catch(() => undefined); // Awaited below.
      return stored.promise;
    });
    await imported;
  }

  return { fetch, idle: () => jobs.idle() };
}
