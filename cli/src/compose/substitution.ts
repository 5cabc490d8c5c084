import type { BuildSettings } from "@causeway/bridge/config";
import type { DerivationSource } from "@causeway/bridge/coordinator";
import {
  createDerivationChecker,
  openSubstituter,
  parsePublicKeys,
  withSubstitution,
  type ImportContext,
  type SubstitutionListener,
  type Substituter,
} from "@causeway/bridge/nix";
import { systemClock } from "@causeway/bridge/store";
import { networkTrust } from "./network-trust.js";
import type { OpenState } from "./state.js";

/** What is fetched instead of being built. Disposing it ends what is on its way; the state must outlive it. */
export interface Substitution extends AsyncDisposable {
  /** Absent where the settings name no caches. */
  readonly substituter?: Substituter;
  /** A source that fetches what another one does not have. */
  over(source: DerivationSource): DerivationSource;
}

/** What paths that come into a state are judged by. @param source of the derivations that others refer to. */
export function importContext(
  { store, storeDir }: OpenState,
  settings: BuildSettings,
  source: DerivationSource,
): ImportContext {
  return {
    store,
    storeDir,
    publicKeys: parsePublicKeys(settings.trustedPublicKeys),
    checker: createDerivationChecker(storeDir, source),
    clock: systemClock,
  };
}

/** Opens the caches that the settings name. They are asked when something is missing. @param onEvent is told of sources that are fetched. */
export function openSubstitution(
  state: OpenState,
  settings: BuildSettings,
  source: DerivationSource,
  onEvent?: SubstitutionListener,
): Substitution {
  const { substitution } = settings;
  if (!substitution.isEnabled || substitution.substituters.length === 0)
    return { over: (same) => same, [Symbol.asyncDispose]: async () => undefined };
  const substituter = openSubstituter({
    context: importContext(state, settings, source),
    settings: substitution,
    http: networkTrust(settings),
  });
  return {
    substituter,
    over: (other) => withSubstitution(other, substituter, onEvent),
    [Symbol.asyncDispose]: () => substituter[Symbol.asyncDispose](),
  };
}
