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
