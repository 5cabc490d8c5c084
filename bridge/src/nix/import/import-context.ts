import type { PublicKey } from "../../formats/index.js";
import type { Clock, Store } from "../../store/index.js";
import type { DerivationChecker } from "./derivation-checker.js";

/** What paths from elsewhere are taken into, and by what they are judged. */
export interface ImportContext {
  readonly store: Store;
  /** The logical store directory, e.g. `/nix/store`. */
  readonly storeDir: string;
  /** Whose signatures are trusted. */
  readonly publicKeys: readonly PublicKey[];
  readonly checker: DerivationChecker;
  readonly clock: Clock;
}
