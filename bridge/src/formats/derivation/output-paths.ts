import { hashBytes } from "../../digest/index.js";
import { printDerivation } from "../aterm/print-derivation.js";
import { byteStringOf } from "../bytes/byte-string.js";
import {
  drvNameOf,
  makeFixedOutputPath,
  makeOutputPath,
  makeTextPath,
  outputPathName,
} from "../store-path/make-store-path.js";
import { DRV_SUFFIX, printStorePath } from "../store-path/parse-store-path.js";
import type { StorePath } from "../store-path/store-path.js";
import type { Derivation } from "./derivation.js";
import { DerivationError } from "./error.js";
import { hashModuloOf, type HashModulo, type ModuloContext } from "./hash-modulo.js";

/**
 * The paths of a derivation's outputs as they follow from it, whatever it states; undefined for those known only from a build.
 *
 * @param name of the derivation, without `.drv`.
 * @throws DerivationError as `hashModulo`; StorePathError if the names make no store path.
 */
export function computeOutputPaths(
  name: string,
  drv: Derivation,
  context: ModuloContext,
): ReadonlyMap<string, StorePath | undefined> {
  let modulo: HashModulo | undefined;
  const pathOf = (outputName: string): StorePath | undefined => {
    modulo ??= hashModuloOf(drv, context, { maskOutputs: true });
    if (modulo.deferred) return undefined;
    return makeOutputPath(context.storeDir, modulo.byOutput.get(outputName)!, outputName, name);
  };
  const paths = new Map<string, StorePath | undefined>();
  for (const [outputName, output] of drv.outputs) {
    if (output.type === "fixed")
      paths.set(outputName, makeFixedOutputPath(context.storeDir, outputPathName(name, outputName), output.ca));
    else if (output.type === "input-addressed" || output.type === "deferred") paths.set(outputName, pathOf(outputName));
    else paths.set(outputName, undefined);
  }
  return paths;
}

/**
 * Checks that the output paths which a derivation states, in its outputs and its environment, are those that follow from it. Who skips
 * this lets a client put anything at any path.
 *
 * Source: Nix, `checkDerivationOutputs` (2.8), `checkInvariants` (since 2.14).
 *
 * @throws DerivationError with Nix's text.
 */
export function checkDerivationOutputs(drvPath: StorePath, drv: Derivation, context: ModuloContext): void {
  const { storeDir } = context;
  const full = (path: StorePath): string => printStorePath(storeDir, path);
  for (const [outputName, path] of computeOutputPaths(drvNameOf(drvPath), drv, context)) {
    const output = drv.outputs.get(outputName)!;
    if (output.type !== "fixed" && output.type !== "input-addressed") continue;
    if (path === undefined)
      throw new DerivationError(
        `derivation '${full(drvPath)}' states a path for output '${outputName}', but its inputs are not known yet`,
      );
    if (output.path !== path)
      throw new DerivationError(
        `derivation '${full(drvPath)}' has incorrect output '${full(output.path)}', should be '${full(path)}'`,
      );
    if (drv.env.get(byteStringOf(outputName)) !== full(path))
      throw new DerivationError(
        `derivation '${full(drvPath)}' has incorrect environment variable '${outputName}', should be '${full(path)}'`,
      );
  }
}

/** What a `.drv` file refers to: its input derivations and sources, sorted. */
export function derivationReferences(drv: Derivation): StorePath[] {
  return [...new Set([...drv.inputDrvs.keys(), ...drv.inputSrcs])].sort();
}

/**
 * The path of the `.drv` file itself.
 *
 * @param name without `.drv`.
 * @throws StorePathError for a bad name; AtermError if the derivation cannot be written.
 */
export function derivationPathOf(storeDir: string, name: string, drv: Derivation): StorePath {
  const sha256 = hashBytes("sha256", printDerivation(storeDir, drv));
  return makeTextPath(storeDir, name + DRV_SUFFIX, sha256, derivationReferences(drv));
}
