import type { DerivationSource } from "../../coordinator/index.js";
import {
  checkDerivationOutputs,
  derivationTypeOf,
  DerivationError,
  AtermError,
  hashModulo,
  parseDerivation,
  StorePathError,
  type Derivation,
  type HashModulo,
  type ModuloContext,
  type StorePath,
} from "../../formats/index.js";
import { Code, StatusError } from "../../status/index.js";

/** Checks derivations before they become valid, and tells their hashes. */
export interface DerivationChecker {
  /**
   * Whether the output paths that a derivation states follow from it. Its inputs must be valid.
   *
   * @returns to be called when it is valid: those that need it find its hash then.
   * @throws StatusError InvalidArgument with Nix's text.
   */
  check(drvPath: StorePath, contents: Uint8Array): Promise<() => void>;
  /** What its hash modulo is, whose closure is valid. */
  context(drv: Derivation): Promise<ModuloContext>;
}

/** Hashes that are remembered: some 200 bytes each. The derivations of a whole system are a hundred thousand. */
const HASHES_MAX = 200_000;

/** Source: Nix, `registerValidPath` with `checkInvariants`, src/libstore/local-store.cc. */
export function createDerivationChecker(storeDir: string, source: DerivationSource): DerivationChecker {
  const memo = new Map<StorePath, HashModulo>();

  /** The hashes of all inputs are computed, from the leaves up; the graph may be deeper than a stack. */
  async function context(drv: Derivation): Promise<ModuloContext> {
    if (memo.size > HASHES_MAX) memo.clear();
    const loaded = new Map<StorePath, Derivation>();
    const load = (path: StorePath): Derivation => loaded.get(path)!;
    const pending = inputsToHash(drv).filter((path) => !memo.has(path));
    for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
      if (loaded.has(path)) continue;
      const input = await source.load(path);
      loaded.set(path, input);
      pending.push(...inputsToHash(input).filter((each) => !memo.has(each) && !loaded.has(each)));
    }
    const made: ModuloContext = { storeDir, load, memo };
    for (const path of loaded.keys()) hashModulo(path, made);
    return made;
  }

  return {
    context,
    async check(drvPath, contents) {
      try {
        const drv = parseDerivation(storeDir, contents);
        derivationTypeOf(drv);
        const made = await context(drv);
        checkDerivationOutputs(drvPath, drv, made);
        return () => {
          // Somebody else may have emptied the memo meanwhile.
          if (inputsToHash(drv).every((input) => memo.has(input))) hashModulo(drvPath, { ...made, load: () => drv });
        };
      } catch (cause) {
        if (cause instanceof DerivationError || cause instanceof AtermError || cause instanceof StorePathError)
          throw new StatusError(Code.InvalidArgument, cause.message, { cause });
        throw cause;
      }
    },
  };
}

/** A fixed output does not depend on the derivations it is made with. */
function inputsToHash(drv: Derivation): StorePath[] {
  const type = derivationTypeOf(drv);
  return type === "fixed" || type === "impure" ? [] : [...drv.inputDrvs.keys()];
}
