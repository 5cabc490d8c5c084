import { basename, dirname } from "node:path";
import { parseStorePath } from "../../formats/index.js";
import { Code, StatusError } from "../../status/index.js";

/** A derivation and which of its outputs are wanted. */
export interface DerivedPath {
  /** Base name of the `.drv` file. */
  readonly drvName: string;
  /** The directory it was given in; empty when only a base name was given. */
  readonly directory: string;
  readonly outputs: "all" | readonly string[];
}

/**
 * Reads `DRV`, `DRV!out,dev`, `DRV^out,dev`, `DRV!*` and `DRV^*`.
 *
 * @param unnamed what `DRV` alone means: all outputs to `nix-build`; its first output when an evaluator said it.
 * @throws StatusError InvalidArgument that says what is wrong with it.
 */
export function parseDerivedPath(text: string, unnamed: "all" | readonly string[] = "all"): DerivedPath {
  const match = /^(.*?\.drv)(?:[!^](.*))?$/s.exec(text);
  if (match === null)
    throw new StatusError(
      Code.InvalidArgument,
      `'${text}' is not a derivation: expected PATH.drv, PATH.drv!out or PATH.drv^out`,
    );
  const [, path, names] = match;
  const outputs = names === undefined ? unnamed : names === "*" ? "all" : names.split(",");
  if (outputs !== "all" && (outputs.length === 0 || outputs.some((name) => !/^[A-Za-z0-9+\-._?=]+$/.test(name))))
    throw new StatusError(Code.InvalidArgument, `'${text}' names an impossible output`);
  const directory = dirname(path!);
  try {
    parseStorePath(basename(path!));
  } catch (cause) {
    throw StatusError.wrap(cause, `'${text}' is not a derivation`, Code.InvalidArgument);
  }
  return { drvName: basename(path!), directory: path!.includes("/") ? directory : "", outputs };
}
