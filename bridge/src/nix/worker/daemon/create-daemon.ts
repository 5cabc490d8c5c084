import type { BuildOptions, Coordinator, DerivationSource } from "../../../coordinator/index.js";
import { systemClock, type Clock, type Store } from "../../../store/index.js";
import { createDerivationChecker } from "../../import/derivation-checker.js";
import { parsePublicKeys } from "../../import/parse-public-keys.js";
import type { Substituter } from "../../substitute/index.js";
import * as limits from "../wire/limits.js";
import { createSharedMemory } from "../wire/shared-memory.js";
import type { BasicDerivations } from "./basic-derivations.js";
import type { Daemon } from "./daemon.js";
import { createLinkRoots } from "./link-roots.js";
import { createStoreFiles } from "./store-files.js";

/** What a daemon is made of. */
export interface DaemonOptions {
  readonly store: Store;
  readonly storeDir: string;
  /** Reads derivations from `derivations` over `basicDerivations`. */
  readonly coordinator: Coordinator;
  readonly derivations: DerivationSource;
  readonly basicDerivations: BasicDerivations;
  /** Fetches what others have built; nothing is fetched if left out. */
  readonly substituter?: Substituter | undefined;
  readonly alwaysSubstitute?: boolean;
  /** Where links that keep paths are remembered. */
  readonly rootsDirectory: string;
  /** The root of a directory of real files; none if left out. */
  readonly filesDirectory?: string | undefined;
  /** `name:base64`, as in `trusted-public-keys`. */
  readonly publicKeys: readonly string[];
  readonly buildDefaults: BuildOptions;
  readonly processId: number;
  readonly version: string;
  readonly clock?: Clock;
}

/** @throws StatusError InvalidArgument for a malformed public key. */
export function createDaemon(options: DaemonOptions): Daemon {
  const { store, storeDir, coordinator, basicDerivations } = options;
  const { buildDefaults, processId, version, clock = systemClock } = options;
  const derivations = basicDerivations.over(options.derivations);
  return {
    store,
    storeDir,
    coordinator,
    derivations,
    basicDerivations,
    substituter: options.substituter,
    alwaysSubstitute: options.alwaysSubstitute ?? false,
    checker: createDerivationChecker(storeDir, options.derivations),
    roots: createLinkRoots(options.rootsDirectory, storeDir),
    files: options.filesDirectory === undefined ? undefined : createStoreFiles(store, storeDir, options.filesDirectory),
    publicKeys: parsePublicKeys(options.publicKeys),
    buildDefaults,
    clock,
    processId,
    version,
    requestMemory: createSharedMemory(limits.ALL_REQUESTS_BYTES_MAX, limits.SMALL_REQUEST_BYTES_MAX),
    unsentMemory: createSharedMemory(limits.ALL_UNSENT_BYTES_MAX, limits.SMALL_UNSENT_BYTES_MAX),
    temporaryRoots: new Map(),
  };
}
