/** The ids a builder has on the host, and how the sandbox's ids map to them. */
export interface Identity {
  /** Of the builder's own user and group on the host. */
  readonly hostUid: number;
  readonly hostGid: number;
  /** Of the sandbox's id 0, which only the runtime uses while it sets up. Absent where one id is all we may map. */
  readonly rootUid?: number;
  readonly rootGid?: number;
  /** Whether inputs must be mounted read-only: the builder is the user who owns them. */
  readonly ownsInputs: boolean;
}

/** Nix's own range for builds (`start-id` of auto-allocate-uids): no system gives these to people. */
const FIRST_ID = 872_415_232;
/** Two ids a slot: the builder's, and that of the sandbox's root. */
const IDS_PER_SLOT = 2;

/** The identity for a slot: ids of its own for root, our own id for everybody else. */
export function identityOfSlot(slot: number, self: { readonly uid: number; readonly gid: number }): Identity {
  if (self.uid !== 0) return { hostUid: self.uid, hostGid: self.gid, ownsInputs: true };
  const id = FIRST_ID + slot * IDS_PER_SLOT;
  return { hostUid: id, hostGid: id, rootUid: id + 1, rootGid: id + 1, ownsInputs: false };
}
