import type { DerivationSource } from "../../../coordinator/index.js";
import type { Derivation, StorePath } from "../../../formats/index.js";

/** Derivations that are known only while they are built: a remote builder is given them without the file. */
export interface BasicDerivations {
  /** The derivation can be loaded until it is disposed. Several may hold one. */
  hold(drvPath: StorePath, derivation: Derivation): Disposable;
  /** A source that knows them, before another one. */
  over(source: DerivationSource): DerivationSource;
}

export function createBasicDerivations(): BasicDerivations {
  const held = new Map<StorePath, { readonly derivation: Derivation; holders: number }>();
  return {
    hold(drvPath, derivation) {
      const entry = held.get(drvPath) ?? { derivation, holders: 0 };
      entry.holders++;
      held.set(drvPath, entry);
      return {
        [Symbol.dispose]() {
          if (--entry.holders === 0) held.delete(drvPath);
        },
      };
    },
    over: (source) => ({
      load: async (drvPath) => held.get(drvPath)?.derivation ?? source.load(drvPath),
      ensureValid: (path, signal) => source.ensureValid(path, signal),
    }),
  };
}
