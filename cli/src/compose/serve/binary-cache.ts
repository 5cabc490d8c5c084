import type { ServeConfig } from "@causeway/bridge/config/serve";
import type { Route } from "@causeway/bridge/http";
import { createDerivationChecker, createSigner, parsePublicKeys } from "@causeway/bridge/nix";
import { createBinaryCacheRoutes } from "@causeway/bridge/nix/binary-cache";
import { systemClock } from "@causeway/bridge/store";
import { openSource } from "../coordinator.js";
import { readKey } from "../read-key.js";
import { loadSettings } from "../settings.js";
import type { OpenState } from "../state.js";

/** The binary cache that a configuration asks for. @throws StatusError for keys that cannot be read, or are none. */
export function binaryCacheRoutes(
  { binaryCache, limits }: ServeConfig,
  state: OpenState,
  environment: NodeJS.ProcessEnv,
): Route[] {
  if (!binaryCache.enabled) return [];
  const { store, storeDir } = state;
  return createBinaryCacheRoutes({
    context: {
      store,
      storeDir,
      publicKeys: parsePublicKeys(loadSettings({}, environment).trustedPublicKeys),
      checker: createDerivationChecker(storeDir, openSource(state, [])),
      clock: systemClock,
    },
    signer: createSigner(binaryCache.signingKeyFiles.map(readKey), storeDir),
    compression: binaryCache.compression,
    priority: binaryCache.priority,
    wantsMassQuery: binaryCache.wantMassQuery,
    archiveBytesMax: limits.blobBytes,
  });
}
