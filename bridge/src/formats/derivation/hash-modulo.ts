import { hashBytes } from "../../digest/index.js";
import { printDerivation } from "../aterm/print-derivation.js";
import { formatMethodAlgorithm } from "../hash/content-address.js";
import { printStorePath } from "../store-path/parse-store-path.js";
import type { StorePath } from "../store-path/store-path.js";
import { derivationTypeOf } from "./derivation-type.js";
import type { Derivation } from "./derivation.js";
import { DerivationError } from "./error.js";

/**
 * The hash of a derivation modulo its fixed outputs: derivations that differ only in how declared contents are had share it, and so the
 * paths of what is built from them.
 */
export interface HashModulo {
  /** Whether no path follows from it, because the derivation or one of its inputs has outputs that are known only once built. */
  readonly deferred: boolean;
  /** 64 lower-case hex digits, by output name; all the same unless the derivation is fixed. */
  readonly byOutput: ReadonlyMap<string, string>;
}

/** Where hashes of inputs come from. */
export interface ModuloContext {
  readonly storeDir: string;
  /** Gives any derivation in the closure. What it throws goes through. */
  readonly load: (drvPath: StorePath) => Derivation;
  /** Remembers what is computed, across calls. Without it a graph with shared parts would take exponential time. */
  readonly memo: Map<StorePath, HashModulo>;
}

/**
 * The hash of a derivation as an input of another one, with its own output paths in it.
 *
 * Source: Nix, `hashDerivationModulo` in src/libstore/derivations.cc (2.8…2.34), src/libstore/derivation/modulo.cc (since 2.35).
 *
 * @throws DerivationError if derivations mix kinds of outputs, lack a wanted output, or depend on themselves.
 */
export function hashModulo(drvPath: StorePath, context: ModuloContext): HashModulo {
  // A stack of our own: graphs are deeper than that of the engine.
  const open = new Map<StorePath, Derivation>();
  const pending = [drvPath];
  while (pending.length > 0) {
    const path = pending.at(-1)!;
    let drv = open.get(path);
    if (context.memo.has(path)) {
      pending.pop();
    } else if (drv !== undefined) {
      context.memo.set(path, combine(drv, context, false));
      open.delete(path);
      pending.pop();
    } else {
      drv = context.load(path);
      open.set(path, drv);
      for (const input of inputsToHash(drv)) {
        if (open.has(input)) throw new DerivationError(`derivation '${input}' depends on itself`);
        if (!context.memo.has(input)) pending.push(input);
      }
    }
  }
  return context.memo.get(drvPath)!;
}

/**
 * The hash of a derivation at hand.
 *
 * @param options.maskOutputs leave its own output paths out, as its output paths and the ids of its realisations (before Nix 2.35) need.
 * @throws DerivationError as {@link hashModulo}.
 */
export function hashModuloOf(
  drv: Derivation,
  context: ModuloContext,
  options: { readonly maskOutputs: boolean },
): HashModulo {
  for (const input of inputsToHash(drv)) hashModulo(input, context);
  return combine(drv, context, options.maskOutputs);
}

/** The hash of a fixed output has nothing of its inputs in it: they need not even exist. */
function inputsToHash(drv: Derivation): Iterable<StorePath> {
  const type = derivationTypeOf(drv);
  return type === "fixed" || type === "impure" ? [] : drv.inputDrvs.keys();
}

function sha256(text: string): string {
  return hashBytes("sha256", Buffer.from(text, "latin1"));
}

/** One step: the hashes of the inputs are in the memo. */
function combine(drv: Derivation, context: ModuloContext, maskOutputs: boolean): HashModulo {
  const type = derivationTypeOf(drv);
  if (type === "fixed") return { deferred: false, byOutput: fixedHashes(drv, context.storeDir) };
  // Nothing may depend on what an impure derivation is made of, so Nix takes one constant for all.
  if (type === "impure") return { deferred: true, byOutput: sameForAll(drv, sha256("impure")) };
  let deferred = type !== "input-addressed";
  // A deferred derivation at hand may be one whose paths are just being computed: its inputs decide.
  if (type === "deferred" && maskOutputs) deferred = false;
  const inputHashes = new Map<string, Set<string>>();
  for (const [path, input] of drv.inputDrvs) {
    const known = context.memo.get(path)!;
    deferred ||= known.deferred || input.dynamic.size > 0;
    for (const output of input.outputs) {
      const hash = known.byOutput.get(output);
      if (hash === undefined) throw new DerivationError(`no hash for output '${output}' of derivation '${path}'`);
      const outputs = inputHashes.get(hash);
      if (outputs === undefined) inputHashes.set(hash, new Set([output]));
      else outputs.add(output);
    }
  }
  const hash = hashBytes("sha256", printDerivation(context.storeDir, drv, { maskOutputs, inputHashes }));
  return { deferred, byOutput: sameForAll(drv, hash) };
}

function sameForAll(drv: Derivation, hash: string): ReadonlyMap<string, string> {
  return new Map([...drv.outputs.keys()].map((name) => [name, hash]));
}

function fixedHashes(drv: Derivation, storeDir: string): ReadonlyMap<string, string> {
  const hashes = new Map<string, string>();
  for (const [name, output] of drv.outputs) {
    if (output.type !== "fixed") continue;
    const { method, hash } = output.ca;
    const kind = formatMethodAlgorithm({ method, algorithm: hash.algorithm });
    hashes.set(name, sha256(`fixed:out:${kind}:${hash.hex}:${printStorePath(storeDir, output.path)}`));
  }
  return hashes;
}
