import { join } from "node:path";
import type { BuildSettings } from "@causeway/bridge/config";
import { createBasicDerivations, createDaemon, type Daemon } from "@causeway/bridge/nix/worker";
import { VERSION } from "../../version.js";
import { buildOptionsOf } from "../build-options.js";
import { buildHere, openCoordinator, jobsOf, openSource, type BuildPlace, type Clusters } from "../coordinator.js";
import type { OpenState } from "../state.js";
import { openSubstitution } from "../substitution.js";

/** What answers clients of Nix. Disposing it ends what is built for them. */
export interface NixDaemon extends AsyncDisposable {
  readonly daemon: Daemon;
}

/** Where its builds run, and where their outputs go. */
export interface NixDaemonPlaces {
  /** Default: this machine. */
  readonly place?: BuildPlace;
  readonly clusters?: Clusters | undefined;
  /** The root of a store directory of real files. */
  readonly filesDirectory?: string | undefined;
}

/** Puts together what answers clients of Nix on a state. */
export async function openNixDaemon(
  state: OpenState,
  settings: BuildSettings,
  { place = buildHere(state, settings), clusters, filesDirectory }: NixDaemonPlaces = {},
): Promise<NixDaemon> {
  const basicDerivations = createBasicDerivations();
  // What clients want to have built they bring along: no other store is looked into.
  const derivations = openSource(state, []);
  await using opened = new AsyncDisposableStack();
  const substitution = opened.use(openSubstitution(state, settings, derivations));
  const source = basicDerivations.over(derivations);
  const coordinator = opened.use(
    await openCoordinator(state, settings, source, {
      place,
      substitution,
      ...(clusters === undefined ? {} : { clusters }),
    }),
  );
  const daemon = createDaemon({
    store: state.store,
    storeDir: state.storeDir,
    coordinator,
    derivations,
    substituter: substitution.substituter,
    alwaysSubstitute: settings.substitution.always,
    basicDerivations,
    filesDirectory,
    rootsDirectory: join(state.directory, "gcroots"),
    publicKeys: settings.trustedPublicKeys,
    buildDefaults: { ...buildOptionsOf(settings, place), maxJobs: jobsOf(place, clusters) },
    processId: process.pid,
    version: `Causeway ${VERSION}`,
  });
  const parts = opened.move();
  return { daemon, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}
