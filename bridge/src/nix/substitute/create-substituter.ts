import { createLimiter, type SubstitutionEvent } from "../../coordinator/index.js";
import type { StorePath } from "../../formats/index.js";
import { Code, StatusError } from "../../status/index.js";
import { counted } from "../copy/counted.js";
import type { ImportContext } from "../import/import-context.js";
import { importPath } from "../import/import-path.js";
import { isSigned, pathFollows } from "../import/vouch.js";
import type { BinaryCache } from "./cache/create-binary-cache.js";
import { createCachesInOrder, type ReachedCache } from "./caches-in-order.js";
import type { Offer } from "./path-source.js";
import { inReferenceOrder } from "./reference-order.js";
import { createSharedJobs } from "./shared-jobs.js";
import type { FoundPath, SubstituteEnd, SubstituteOptions, Substituter, SubstitutionPlan } from "./substituter.js";
import type { SubstitutionListener } from "./substitution-listener.js";

/** A cache that paths are fetched from. */
export interface TrustedCache {
  readonly cache: BinaryCache;
  /** Whether it is believed without signatures (`?trusted=1`). */
  readonly isTrusted: boolean;
}

/** What a substituter is made of. */
export interface SubstituterOptions {
  /** Where paths go. */
  readonly context: ImportContext;
  /** Asked by their priority, then in this order. */
  readonly caches: readonly TrustedCache[];
  /** Take only what is signed by a key of `context`, or addressed by its contents. */
  readonly requireSignatures: boolean;
  /** Archives that come at once. */
  readonly transfersMax: number;
}

/** Paths that are asked for at once. A cache far away answers in a tenth of a second. */
const QUERIES_MAX = 64;
/** Paths fetched for one: the largest systems have some ten thousand. More are forged. */
const PLAN_PATHS_MAX = 200_000;
/** Fetches from binary caches into a store. Disposing it waits for what runs, and lets the caches go. */
export function createSubstituter(options: SubstituterOptions): Substituter {
  const { context, requireSignatures } = options;
  const { store, storeDir } = context;
  const trusted = new Set(options.caches.filter(({ isTrusted }) => isTrusted).map(({ cache }) => cache));
  const inOrder = createCachesInOrder(options.caches.map(({ cache }) => cache));
  const queries = createLimiter(QUERIES_MAX);
  const transfers = createLimiter(options.transfersMax);
  const jobs = createSharedJobs<StorePath, SubstitutionEvent>();
  const closing = new AbortController();
  const signalOf = (signal: AbortSignal | undefined): AbortSignal =>
    signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal]);

  function isBelieved({ cache }: ReachedCache, { info }: Offer): boolean {
    if (info.ca !== undefined) return pathFollows(storeDir, info);
    return !requireSignatures || trusted.has(cache) || isSigned(context, info);
  }

  /** From one cache. What goes wrong with it is told, and then it does not have the path. */
  async function findIn(
    reached: ReachedCache,
    path: StorePath,
    signal: AbortSignal,
    tell: SubstitutionListener,
  ): Promise<Offer | undefined> {
    const { uri } = reached.cache;
    try {
      const offer = await reached.cache.find(path, signal);
      if (offer === undefined || isBelieved(reached, offer)) return offer;
      const full = `${storeDir}/${path}`;
      tell(
        warning(
          `ignoring substitute for '${full}' from '${uri}', as it's not signed by any of the keys in 'trusted-public-keys'`,
        ),
      );
    } catch (reason) {
      signal.throwIfAborted();
      tell(warning(StatusError.from(reason).message));
    }
    return undefined;
  }

  function find(path: StorePath, more: Parameters<Substituter["find"]>[1] = {}): Promise<FoundPath | undefined> {
    return queries(() => findNow(path, more));
  }

  async function findNow(
    path: StorePath,
    { signal, onEvent, massQuery = false }: SubstituteOptions & { readonly massQuery?: boolean },
  ): Promise<FoundPath | undefined> {
    const bounded = signalOf(signal);
    const tell = quietly(onEvent);
    for (const reached of await inOrder((message) => tell(warning(message)))) {
      if (massQuery && !reached.info.wantsMassQuery) continue;
      const offer = await findIn(reached, path, bounded, tell);
      if (offer !== undefined) return { offer, from: reached.cache.uri };
    }
    return undefined;
  }

  async function plan(root: StorePath, more: SubstituteOptions = {}): Promise<SubstitutionPlan | undefined> {
    const found = new Map<StorePath, FoundPath>();
    const seen = new Set([root]);
    let level = [root];
    while (level.length > 0) {
      if (seen.size > PLAN_PATHS_MAX)
        throw new StatusError(Code.ResourceExhausted, `the closure of '${storeDir}/${root}' is too large`);
      const infos = await store.pathInfos.getMany(level);
      const missing = level.filter((_, i) => infos[i] === undefined);
      const answers = await Promise.all(missing.map((path) => find(path, more)));
      const next: StorePath[] = [];
      for (const [i, answer] of answers.entries()) {
        if (answer === undefined) return undefined;
        found.set(missing[i]!, answer);
        for (const reference of answer.offer.info.references) {
          if (seen.has(reference)) continue;
          seen.add(reference);
          next.push(reference);
        }
      }
      level = next;
    }
    const order = inReferenceOrder(new Map([...found].map(([path, { offer }]) => [path, offer.info.references])));
    if (order === undefined)
      throw new StatusError(Code.DataLoss, `the references of '${storeDir}/${root}' go in a circle`);
    return new Map(order.map((path) => [path, found.get(path)!]));
  }

  /** The plan's offer, then those of other caches that need nothing else than it does. */
  async function* offersOf(
    path: StorePath,
    planned: SubstitutionPlan,
    signal: AbortSignal,
    tell: SubstitutionListener,
  ): AsyncGenerator<FoundPath, void, undefined> {
    const first = planned.get(path)!;
    yield first;
    for (const reached of await inOrder((message) => tell(warning(message)))) {
      if (reached.cache.uri === first.from) continue;
      const offer = await findIn(reached, path, signal, tell);
      if (offer === undefined) continue;
      const known = new Set(first.offer.info.references);
      if (offer.info.references.every((reference) => known.has(reference))) yield { offer, from: reached.cache.uri };
    }
  }

  function fetch(
    path: StorePath,
    planned: SubstitutionPlan,
    waiter: { readonly signal: AbortSignal; readonly onEvent?: SubstitutionListener | undefined },
  ): Promise<void> {
    return jobs.join(path, {
      ...waiter,
      run: async (signal, tell) => {
        // It is left when this one fails, too: then nobody needs what it refers to.
        const own = new AbortController();
        const bounded = AbortSignal.any([signal, own.signal]);
        const { references } = planned.get(path)!.offer.info;
        const needed = references.filter((reference) => reference !== path && planned.has(reference));
        const dependencies = Promise.all(needed.map((reference) => fetch(reference, planned, { signal: bounded })));
        dependencies.catch(() => undefined); // Awaited before the path is registered.
        try {
          await transfer(path, planned, { signal, tell, dependencies });
        } finally {
          own.abort();
          await Promise.allSettled([dependencies]);
        }
      },
    });
  }

  async function transfer(
    path: StorePath,
    planned: SubstitutionPlan,
    how: {
      readonly signal: AbortSignal;
      readonly tell: SubstitutionListener;
      readonly dependencies: Promise<unknown>;
    },
  ): Promise<void> {
    const { signal, tell, dependencies } = how;
    let failure: unknown;
    const others: { failed?: true } = {};
    dependencies.catch(() => (others.failed = true));
    for await (const found of offersOf(path, planned, signal, tell)) {
      try {
        await transferFrom(found, how);
        return;
      } catch (reason) {
        signal.throwIfAborted();
        if (others.failed === true) throw reason;
        failure ??= reason;
        tell(warning(StatusError.from(reason).message));
      }
    }
    throw failure;
  }

  async function transferFrom(
    { offer, from }: FoundPath,
    { signal, tell, dependencies }: Parameters<typeof transfer>[2],
  ): Promise<void> {
    const { path, narSizeBytes } = offer.info;
    const stored = Promise.withResolvers<undefined>();
    // A place is given back before the path waits for others, which may need one.
    let imported: Promise<void> | undefined;
    await transfers(() => {
      signal.throwIfAborted();
      tell({ type: "copying", path, from, narSizeBytes });
      const received = (receivedBytes: number): void => tell({ type: "received", path, receivedBytes });
      imported = importPath(context, offer.info, counted(offer.open(signal), received), {
        repair: false,
        acceptUnsigned: true, // It was looked at when it was found.
        beforeRegistration: async () => {
          stored.resolve(undefined);
          await dependencies;
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

  async function substitute(path: StorePath, { signal, onEvent }: SubstituteOptions = {}): Promise<SubstituteEnd> {
    const tell = quietly(onEvent);
    const own = new AbortController();
    const bounded = signalOf(signal);
    bounded.throwIfAborted();
    try {
      const planned = await plan(path, { signal: bounded, onEvent: tell });
      if (planned === undefined) return { type: "absent" };
      const waiter = { signal: AbortSignal.any([bounded, own.signal]), onEvent: tell };
      const fetched = [...planned.keys()].map((each) => fetch(each, planned, waiter));
      try {
        await Promise.all(fetched);
      } finally {
        own.abort(new StatusError(Code.Cancelled, "not needed any more"));
        await Promise.allSettled(fetched);
      }
      return { type: "valid" };
    } catch (reason) {
      bounded.throwIfAborted();
      return { type: "failed", message: StatusError.from(reason).message };
    }
  }

  return {
    find,
    plan,
    substitute,
    async [Symbol.asyncDispose]() {
      closing.abort(new StatusError(Code.Cancelled, "the store is being closed"));
      await jobs.idle();
      await Promise.all(options.caches.map(({ cache }) => cache[Symbol.asyncDispose]()));
    },
  };
}

const warning = (message: string): SubstitutionEvent => ({ type: "warning", message });

/** The same warning is not told twice to the same listener: a thousand paths may meet the same dead cache. */
function quietly(listener: SubstitutionListener = () => undefined): SubstitutionListener {
  const told = new Set<string>();
  return (event) => {
    if (event.type === "warning") {
      if (told.has(event.message)) return;
      told.add(event.message);
    }
    listener(event);
  };
}
