import type { Derivation, DerivationOutput } from "./derivation.js";
import { DerivationError } from "./error.js";

/** The kind that all outputs of a derivation are of; `deferred` is input-addressed, with paths that are not known yet. */
export type DerivationType = DerivationOutput["type"];

/**
 * The kind of a derivation.
 *
 * Source: Nix, `BasicDerivation::type` in src/libstore/derivations.cc.
 *
 * @throws DerivationError if it has no output, mixes kinds or the algorithms of floating outputs, or is fixed with other outputs than one named `out`.
 */
export function derivationTypeOf(drv: Pick<Derivation, "outputs">): DerivationType {
  const types = new Set([...drv.outputs.values()].map(({ type }) => type));
  const [type] = types;
  if (type === undefined) throw new DerivationError("must have at least one output");
  if (types.size > 1) throw new DerivationError("can't mix derivation output types");
  if (type === "fixed" && drv.outputs.size > 1) throw new DerivationError("only one fixed output is allowed for now");
  if (type === "fixed" && !drv.outputs.has("out")) throw new DerivationError('single fixed output must be named "out"');
  const algorithms = new Set(
    [...drv.outputs.values()].map((output) => (output.type === "floating" ? output.algorithm : "")),
  );
  if (algorithms.size > 1) throw new DerivationError("all floating outputs must use the same hash type");
  return type;
}

/** Whether the contents are declared: such a build may use the network. @throws DerivationError as `derivationTypeOf`. */
export function isFixedOutput(drv: Pick<Derivation, "outputs">): boolean {
  return derivationTypeOf(drv) === "fixed";
}

/** Whether the derivation is to be built anew each time. @throws DerivationError as `derivationTypeOf`. */
export function isImpure(drv: Pick<Derivation, "outputs">): boolean {
  return derivationTypeOf(drv) === "impure";
}

/** Whether the paths follow from the contents that the build makes. @throws DerivationError as `derivationTypeOf`. */
export function isFloating(drv: Pick<Derivation, "outputs">): boolean {
  return derivationTypeOf(drv) === "floating";
}

/** Whether a build of it sees no network: all but fixed and impure ones. @throws DerivationError as `derivationTypeOf`. */
export function isSandboxed(drv: Pick<Derivation, "outputs">): boolean {
  const type = derivationTypeOf(drv);
  return type !== "fixed" && type !== "impure";
}

/** Whether the paths of all outputs are known before it is built. @throws DerivationError as `derivationTypeOf`. */
export function hasKnownOutputPaths(drv: Pick<Derivation, "outputs">): boolean {
  const type = derivationTypeOf(drv);
  return type === "fixed" || type === "input-addressed";
}

/** Whether it must be resolved before it is built: an input, or how it is had, is known only from a build. */
export function needsResolving(drv: Derivation): boolean {
  if (drv.inputDrvs.size === 0) return false;
  return !hasKnownOutputPaths(drv) || [...drv.inputDrvs.values()].some(({ dynamic }) => dynamic.size > 0);
}
