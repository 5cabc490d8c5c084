import { makeScratchPath, placeholderOf, type Derivation, type StorePath } from "../../formats/index.js";
import type { Rewrites } from "./rewrite-strings.js";

/**
 * Where the builder puts each output: at its path if that is known, else at a place that follows from the derivation alone, so that equal
 * derivations are equal Actions.
 *
 * @param drvPath of the derivation as it is built, i.e. of the resolved one.
 */
export function scratchPathsOf(
  derivation: Derivation,
  drvPath: StorePath,
  storeDir: string,
): ReadonlyMap<string, StorePath> {
  const paths = new Map<string, StorePath>();
  for (const [name, output] of derivation.outputs) {
    const isKnown = output.type === "input-addressed" || output.type === "fixed";
    paths.set(name, isKnown ? output.path : makeScratchPath(storeDir, drvPath, name));
  }
  return paths;
}

/** What stands for the outputs in the derivation's strings, to the paths to be written there. */
export function outputRewrites(paths: ReadonlyMap<string, StorePath>, storeDir: string): Rewrites {
  return new Map([...paths].map(([name, path]) => [placeholderOf(name), `${storeDir}/${path}`]));
}
