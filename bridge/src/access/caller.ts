import { Code, StatusError } from "../status/index.js";

/**
 * What a client may do on an instance: `read` blobs and cached results, `write` them, `execute` actions (and upload their inputs), `admin`ister
 * (list and cancel the operations of others).
 */
export type Right = "read" | "write" | "execute" | "admin";

/** Who made a call. */
export interface Caller {
  /** For logs; never a secret. */
  readonly name: string;
  /** Whether no credential at all was presented. */
  readonly anonymous: boolean;
  allows(right: Right, instanceName: string): boolean;
}

/** May do everything: for servers without credentials, and for tests. */
export const anyone: Caller = { name: "anyone", anonymous: true, allows: () => true };

/**
 * Refuses what a caller may not do.
 *
 * @param rights - One of them is enough.
 * @throws StatusError Unauthenticated if no credential was presented and one could help; PermissionDenied otherwise.
 */
export function demand(caller: Caller, rights: Right | readonly Right[], instanceName: string): void {
  const wanted = typeof rights === "string" ? [rights] : rights;
  if (wanted.some((right) => caller.allows(right, instanceName))) return;
  const what = `the right to ${wanted.join(" or ")} on instance '${instanceName}'`;
  if (caller.anonymous) throw new StatusError(Code.Unauthenticated, `${what} needs a credential`);
  throw new StatusError(Code.PermissionDenied, `'${caller.name}' does not have ${what}`);
}
