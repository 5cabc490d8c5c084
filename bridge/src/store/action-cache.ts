import type { Digest } from "../digest/index.js";

/** Whose results: instances share blobs, but not what they believe of actions. */
export interface InstanceOptions {
  /** As in REAPI, several segments allowed; empty unless said. */
  readonly instanceName?: string;
}

/** An action by its digest without the size, which not every protocol names. */
export type ActionName = Pick<Digest, "fn" | "hash">;

/**
 * Results of actions, as the bytes of an `ActionResult` message: a foreign message is kept as received. An entry is answered only while
 * every blob it names can be read (design: an action-cache hit always has its bytes).
 */
export interface ActionCache {
  /** `undefined` if there is no entry, or something it names is gone. Counts as a use of the entry and of all it names. */
  get(action: ActionName, options?: InstanceOptions): Promise<Uint8Array | undefined>;

  /**
   * @throws StatusError InvalidArgument if `result` is no ActionResult; FailedPrecondition (missing blobs in `details`) if a blob it names
   *   is absent.
   */
  put(action: ActionName, result: Uint8Array, options?: InstanceOptions): Promise<void>;

  /** Removes an entry; nothing happens if there is none. */
  remove(action: ActionName, options?: InstanceOptions): Promise<void>;
}
