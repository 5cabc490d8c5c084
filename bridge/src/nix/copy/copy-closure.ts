import { createLimiter } from "../../coordinator/index.js";
import type { StorePath } from "../../formats/index.js";
import { Code, StatusError } from "../../status/index.js";
import type { Offer, PathSource } from "../substitute/path-source.js";
import { inReferenceOrder } from "../substitute/reference-order.js";
import type { PathDestination } from "./path-destination.js";

/** What happens while paths are copied. */
export type CopyEvent =
  /** So much is to be done. */
  | { readonly type: "planned"; readonly paths: number; readonly narSizeBytes: number }
  | { readonly type: "copying"; readonly path: StorePath; readonly narSizeBytes: number }
  /** So much of its archive has come. */
  | { readonly type: "received"; readonly path: StorePath; readonly receivedBytes: number }
  | { readonly type: "copied"; readonly path: StorePath };

/** What to copy, and how. */
export interface CopyOptions {
  readonly from: PathSource;
  readonly to: PathDestination;
  /** For messages. */
  readonly storeDir: string;
  /** Archives on their way at once. */
  readonly transfersMax: number;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: CopyEvent) => void;
}

/** Paths asked for at once. */
const QUERIES_MAX = 64;
/** Paths in one copy: as many as in a plan of substitution. */
const PATHS_MAX = 200_000;

/**
 * Copies paths with all they refer to, as far as they are not there. Each becomes valid after what it refers to, so that whatever happens the
 * destination has only whole closures.
 *
 * @returns the paths that were copied.
 * @throws StatusError NotFound if the source does not have one; the first failure, when everything else has stopped.
 */
export async function copyClosure(roots: Iterable<StorePath>, options: CopyOptions): Promise<StorePath[]> {
  const { storeDir, signal, onEvent = () => undefined } = options;
  const found = await findMissing(roots, options);
  const order = inReferenceOrder(new Map([...found].map(([path, { info }]) => [path, info.references])));
  if (order === undefined)
    throw new StatusError(Code.DataLoss, `the references of what is copied from '${options.from.uri}' go in a circle`);
  const sizes = [...found.values()].map(({ info }) => info.narSizeBytes);
  onEvent({ type: "planned", paths: order.length, narSizeBytes: sizes.reduce((sum, size) => sum + size, 0) });
  const failing = new AbortController();
  const bounded = signal === undefined ? failing.signal : AbortSignal.any([signal, failing.signal]);
  // Places are given away in this order, so whoever has one waits only for those that have one too, or are done.
  const transfers = createLimiter(options.transfersMax);
  const copies = new Map<StorePath, Promise<void>>();
  for (const path of order) {
    const offer = found.get(path)!;
    const needed = offer.info.references.flatMap((each) => (each === path ? [] : (copies.get(each) ?? [])));
    const references = Promise.all(needed);
    references.catch(() => undefined); // Whoever waits for it is told.
    const copy = transfers(async () => {
      bounded.throwIfAborted();
      onEvent({ type: "copying", path, narSizeBytes: offer.info.narSizeBytes });
      const onReceived = (receivedBytes: number): void => onEvent({ type: "received", path, receivedBytes });
      await options.to.add(offer, { signal: bounded, references, onReceived });
      onEvent({ type: "copied", path });
    }).catch((reason: unknown) => {
      if (bounded.aborted) throw reason;
      const failure = StatusError.wrap(reason, `copying '${storeDir}/${path}' from '${options.from.uri}'`);
      failing.abort(failure);
      throw failure;
    });
    copy.catch(() => undefined);
    copies.set(path, copy);
  }
  await Promise.allSettled(copies.values());
  signal?.throwIfAborted();
  if (failing.signal.aborted) throw failing.signal.reason;
  await Promise.all(copies.values());
  return order;
}

/** What is not there, with all it refers to that is not there. What is there has its closure there. */
async function findMissing(
  roots: Iterable<StorePath>,
  { from, to, storeDir, signal }: CopyOptions,
): Promise<Map<StorePath, Offer>> {
  const queries = createLimiter(QUERIES_MAX);
  const found = new Map<StorePath, Offer>();
  const seen = new Set(roots);
  let level = [...seen];
  while (level.length > 0) {
    if (seen.size > PATHS_MAX) throw new StatusError(Code.ResourceExhausted, "the closure to be copied is too large");
    const valid = await to.validAmong(level, signal);
    const missing = level.filter((path) => !valid.has(path));
    const offers = await Promise.all(missing.map((path) => queries(() => from.find(path, signal))));
    const next: StorePath[] = [];
    for (const [i, offer] of offers.entries()) {
      const path = missing[i]!;
      if (offer === undefined)
        throw new StatusError(Code.NotFound, `path '${storeDir}/${path}' is not valid in '${from.uri}'`);
      found.set(path, offer);
      for (const reference of offer.info.references) {
        if (seen.has(reference)) continue;
        seen.add(reference);
        next.push(reference);
      }
    }
    level = next;
  }
  return found;
}
