import type { BuildOptions, Coordinator, DerivationSource } from "../../../coordinator/index.js";
import type { StorePath } from "../../../formats/index.js";
import type { ImportContext } from "../../import/import-context.js";
import type { Substituter } from "../../substitute/index.js";
import type { SharedMemory } from "../wire/shared-memory.js";
import type { BasicDerivations } from "./basic-derivations.js";
import type { LinkRoots } from "./link-roots.js";
import type { StoreFiles } from "./store-files.js";

/** What a daemon answers from; shared by all its clients. */
export interface Daemon extends ImportContext {
  readonly coordinator: Coordinator;
  /** Where derivations are read from; what the coordinator reads from, too. */
  readonly derivations: DerivationSource;
  /** Derivations that clients give without their inputs' derivations. */
  readonly basicDerivations: BasicDerivations;
  /** Fetches what others have built. */
  readonly substituter: Substituter | undefined;
  /** Also outputs that their derivation says are better built. */
  readonly alwaysSubstitute: boolean;
  readonly roots: LinkRoots;
  /** Real files for clients that read them. */
  readonly files: StoreFiles | undefined;
  /** How builds go about it, unless a client says. */
  readonly buildDefaults: BuildOptions;
  /** Tells our activities from those of other daemons. */
  readonly processId: number;
  /** Free text. */
  readonly version: string;
  /** What their requests hold. */
  readonly requestMemory: SharedMemory;
  /** What waits to be sent to them. */
  readonly unsentMemory: SharedMemory;
  /** Paths that clients which are there now need; a count, for several may. */
  readonly temporaryRoots: Map<StorePath, number>;
}
