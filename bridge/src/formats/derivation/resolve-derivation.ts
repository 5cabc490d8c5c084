import { byteStringOf, type ByteString } from "../bytes/byte-string.js";
import { printStorePath } from "../store-path/parse-store-path.js";
import type { StorePath } from "../store-path/store-path.js";
import type { Derivation, DerivationInput, DerivationOutput } from "./derivation.js";
import { DerivationError } from "./error.js";
import { computeOutputPaths } from "./output-paths.js";
import { downstreamPlaceholder, dynamicPlaceholder, PLACEHOLDER_PATTERN } from "./placeholder.js";

/** The paths of outputs, by derivation and output name. */
export type ResolvedInputs = ReadonlyMap<StorePath, ReadonlyMap<string, StorePath>>;

/**
 * Replaces each input derivation by the paths of its wanted outputs, and their placeholders by those paths. Deferred outputs, which nothing
 * stands in the way of any more, get their paths.
 *
 * Source: Nix, `Derivation::tryResolve` in src/libstore/derivations.cc.
 *
 * @param inputs for outputs of outputs: also those of the derivation that an output turned out to be.
 * @param names.name of the derivation, without `.drv`.
 * @returns a derivation without input derivations: Nix's `BasicDerivation`.
 * @throws DerivationError if the path of a wanted output is not in `inputs`.
 */
export function resolveDerivation(
  drv: Derivation,
  inputs: ResolvedInputs,
  { storeDir, name }: { readonly storeDir: string; readonly name: string },
): Derivation {
  const srcs = new Set(drv.inputSrcs);
  const rewrites = new Map<string, string>();
  const lookUp = (drvPath: StorePath, outputName: string): StorePath => {
    const path = inputs.get(drvPath)?.get(outputName);
    if (path === undefined)
      throw new DerivationError(`output '${outputName}' of '${printStorePath(storeDir, drvPath)}' is not known`);
    return path;
  };
  const resolve = (
    drvPath: StorePath,
    input: DerivationInput,
    placeholderFor: (output: string) => ByteString,
  ): void => {
    for (const outputName of input.outputs) {
      const path = lookUp(drvPath, outputName);
      srcs.add(path);
      rewrites.set(placeholderFor(outputName), printStorePath(storeDir, path));
    }
    for (const [outputName, inner] of input.dynamic)
      resolve(lookUp(drvPath, outputName), inner, (output) => dynamicPlaceholder(placeholderFor(outputName), output));
  };
  for (const [drvPath, input] of drv.inputDrvs)
    resolve(drvPath, input, (outputName) => downstreamPlaceholder(drvPath, outputName));

  const rewritten: Derivation = {
    ...rewriteDerivation(drv, rewrites),
    inputDrvs: new Map(),
    inputSrcs: [...srcs].sort(),
  };
  return fillDeferredOutputs(rewritten, storeDir, name);
}

/** Replaces placeholders in everything that the builder sees: itself, its arguments and its environment, names too. */
export function rewriteDerivation(drv: Derivation, rewrites: ReadonlyMap<string, string>): Derivation {
  const rewrite = (value: ByteString): ByteString => rewritePlaceholders(value, rewrites);
  return {
    ...drv,
    builder: rewrite(drv.builder),
    args: drv.args.map(rewrite),
    env: new Map([...drv.env].map(([key, value]) => [rewrite(key), rewrite(value)])),
  };
}

/** Replaces every placeholder that is a key of `rewrites`, in one pass. */
export function rewritePlaceholders(value: ByteString, rewrites: ReadonlyMap<string, string>): ByteString {
  if (rewrites.size === 0) return value;
  return value.replace(PLACEHOLDER_PATTERN, (found) => rewrites.get(found) ?? found) as ByteString;
}

function fillDeferredOutputs(drv: Derivation, storeDir: string, name: string): Derivation {
  if (![...drv.outputs.values()].some(({ type }) => type === "deferred")) return drv;
  const load = (path: StorePath): never => {
    throw new DerivationError(`'${path}' is still an input`);
  };
  const outputs = new Map<string, DerivationOutput>();
  const env = new Map(drv.env);
  for (const [outputName, path] of computeOutputPaths(name, drv, { storeDir, load, memo: new Map() })) {
    outputs.set(outputName, { type: "input-addressed", path: path! });
    env.set(byteStringOf(outputName), byteStringOf(printStorePath(storeDir, path!)));
  }
  return { ...drv, outputs, env };
}
