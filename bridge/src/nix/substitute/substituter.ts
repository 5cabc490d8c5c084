import type { StorePath } from "../../formats/index.js";
import type { SubstitutionListener } from "./substitution-listener.js";
import type { Offer } from "./path-source.js";

/** A path that some cache has, and that may be believed. */
export interface FoundPath {
  readonly offer: Offer;
  /** The cache, as people name it. */
  readonly from: string;
}

/** Everything that has to be fetched for a path, itself included, each after what it refers to. */
export type SubstitutionPlan = ReadonlyMap<StorePath, FoundPath>;

/** How to go about it. */
export interface SubstituteOptions {
  readonly signal?: AbortSignal;
  readonly onEvent?: SubstitutionListener;
}

/** How it ended. */
export type SubstituteEnd =
  /** It is valid, with its closure. */
  | { readonly type: "valid" }
  /** No cache has it, or not all that it refers to. */
  | { readonly type: "absent" }
  /** A cache said that it has it. */
  | { readonly type: "failed"; readonly message: string };

/** Makes paths valid that others have built. Caches that cannot be reached are told of once, and left alone for a while. */
export interface Substituter extends AsyncDisposable {
  /**
   * The path in the first cache, by priority, that has it.
   *
   * @param options.massQuery only caches that want to be asked for many paths of which they may have none.
   */
  find(path: StorePath, options?: SubstituteOptions & { readonly massQuery?: boolean }): Promise<FoundPath | undefined>;
  /** What would be fetched to make a path valid; nothing if it is; `undefined` if it cannot be had as a whole. */
  plan(path: StorePath, options?: SubstituteOptions): Promise<SubstitutionPlan | undefined>;
  /** Fetches a path and what it refers to. What several ask for is fetched once. @throws what `signal` was aborted with. */
  substitute(path: StorePath, options?: SubstituteOptions): Promise<SubstituteEnd>;
}
