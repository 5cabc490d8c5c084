import { demand, type Right } from "../../access/index.js";
import type { CallContext } from "../rpc.js";
import { checkInstanceName } from "../resource-name.js";

/** Which instances there are. */
export interface InstanceOptions {
  /** Refuses a well-formed name of an instance that is not served. Every instance is, unless said. @throws StatusError. */
  readonly checkInstance?: (instanceName: string) => void;
}

/** What every handler does first. @throws StatusError InvalidArgument, Unauthenticated, PermissionDenied, what `checkInstance` throws. */
export function beginCall(
  options: InstanceOptions,
  call: CallContext,
  instanceName: string,
  rights: Right | readonly Right[],
): void {
  checkInstanceName(instanceName);
  demand(call.caller, rights, instanceName);
  options.checkInstance?.(instanceName);
}

/** Who may upload: whoever executes uploads inputs. */
export const UPLOAD_RIGHTS: readonly Right[] = ["write", "execute"];

/** Who may ask what is there, as readers and uploaders both do. */
export const ANY_RIGHT: readonly Right[] = ["read", "write", "execute"];
