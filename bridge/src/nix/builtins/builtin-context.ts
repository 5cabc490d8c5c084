import { displayOf, type ByteString, type CastoreNode, type StorePath } from "../../formats/index.js";
import type { PathInfo, Store } from "../../store/index.js";

/** What a builtin builder works with. */
export interface BuiltinContext {
  readonly store: Store;
  readonly storeDir: string;
  /** The variables that a program in its place would find. */
  readonly variables: ReadonlyMap<ByteString, ByteString>;
  /** The closure of the derivation's inputs: all of the store that it may read. */
  readonly inputs: ReadonlyMap<StorePath, PathInfo>;
  readonly signal?: AbortSignal;
  /** A line for the log of the build. */
  log(line: string): void;
}

/** A builtin builder: makes the one output of a derivation. */
export type Builtin = (context: BuiltinContext) => Promise<CastoreNode>;

/** A builder that did not succeed: the message goes to the log of the build, as a builder's own would. */
export class BuiltinError extends Error {
  override readonly name = "BuiltinError";
}

/** @throws BuiltinError with Nix's text if there is no such variable. */
export function requiredVariable(context: BuiltinContext, name: string): ByteString {
  const value = context.variables.get(name as ByteString);
  if (value === undefined) throw new BuiltinError(`attribute '${name}' missing`);
  return value;
}

/** A variable as text; empty if it is absent. */
export function textVariable(context: BuiltinContext, name: string): string {
  return displayOf(context.variables.get(name as ByteString) ?? ("" as ByteString));
}
