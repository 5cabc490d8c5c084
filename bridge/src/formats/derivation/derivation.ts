import type { ByteString } from "../bytes/byte-string.js";
import type { ContentAddress, ContentAddressMethod, HashAlgorithm } from "../hash/hash.js";
import type { StorePath } from "../store-path/store-path.js";

/** What is known of an output before it is built. Source: Nix, src/libstore/derivations.hh, `DerivationOutput`. */
export type DerivationOutput =
  /** Its path follows from the derivation. */
  | { readonly type: "input-addressed"; readonly path: StorePath }
  /** Its contents are declared; its path follows from them. */
  | { readonly type: "fixed"; readonly path: StorePath; readonly ca: ContentAddress }
  /** Its path follows from the contents that the build will make. */
  | { readonly type: "floating"; readonly method: ContentAddressMethod; readonly algorithm: HashAlgorithm }
  /** Input-addressed, but an input has no path yet. */
  | { readonly type: "deferred" }
  /** Like floating, and made anew each time. */
  | { readonly type: "impure"; readonly method: ContentAddressMethod; readonly algorithm: HashAlgorithm };

/** The outputs wanted of an input derivation; `dynamic` holds those of outputs that are themselves derivations (xp-dyn-drv). */
export interface DerivationInput {
  readonly outputs: readonly string[];
  readonly dynamic: ReadonlyMap<string, DerivationInput>;
}

/** A derivation, as a `.drv` file holds it. Every string is bytes; maps keep the order of the file (sorted, when Nix wrote it). */
export interface Derivation {
  /** By output name. */
  readonly outputs: ReadonlyMap<string, DerivationOutput>;
  readonly inputDrvs: ReadonlyMap<StorePath, DerivationInput>;
  readonly inputSrcs: readonly StorePath[];
  /** The system it is for, e.g. `x86_64-linux` or `builtin`. */
  readonly platform: ByteString;
  readonly builder: ByteString;
  readonly args: readonly ByteString[];
  readonly env: ReadonlyMap<ByteString, ByteString>;
}
