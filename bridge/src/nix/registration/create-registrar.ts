import type { Registrar } from "../../coordinator/build.js";
import type { Clock, Store } from "../../store/index.js";
import type { Signer } from "./signer.js";

/** What {@link createRegistrar} takes. */
export interface RegistrarOptions {
  readonly store: Store;
  /** Default `/nix/store`. */
  readonly storeDir?: string;
  readonly clock?: Clock;
  /** Without: paths are registered unsigned. */
  readonly signer?: Signer;
}

/**
 * A registrar that checks what builds made, as Nix does, before it makes it valid in `store`. Its code is loaded when something was built:
 * most starts of the program find that nothing has to be.
 */
export function createRegistrar(options: RegistrarOptions): Registrar {
  let loaded: Promise<Registrar> | undefined;
  return {
    async register(prepared, made, how) {
      loaded ??= import("./register-outputs.js").then(({ createOutputRegistrar }) => createOutputRegistrar(options));
      return (await loaded).register(prepared, made, how);
    },
  };
}
