import type { StorePath } from "../../../formats/index.js";
import { Code, StatusError } from "../../../status/index.js";
import { storePathOf } from "./values.js";

/** What a client wants to be there: a path, or outputs of a derivation. */
export type DerivedPath =
  | { readonly type: "opaque"; readonly text: string; readonly path: StorePath }
  | {
      readonly type: "built";
      readonly text: string;
      readonly drvPath: StorePath;
      readonly outputs: "all" | readonly string[];
    };

/**
 * `PATH`, `DRV!out,dev` or `DRV!*`. Before 1.30 a derivation alone meant all its outputs.
 *
 * @throws StatusError InvalidArgument; Unimplemented for outputs of outputs.
 */
export function parseDerivedPath(storeDir: string, text: string, minor: number): DerivedPath {
  const bang = text.indexOf("!");
  if (bang < 0) {
    const path = storePathOf(storeDir, text);
    if (minor < 30 && path.endsWith(".drv")) return { type: "built", text, drvPath: path, outputs: "all" };
    return { type: "opaque", text, path };
  }
  if (text.includes("!", bang + 1))
    throw new StatusError(Code.Unimplemented, `'${text}': derivations made by derivations are not supported`);
  const drvPath = storePathOf(storeDir, text.slice(0, bang));
  const names = text.slice(bang + 1);
  if (names === "*") return { type: "built", text, drvPath, outputs: "all" };
  if (names === "") throw new StatusError(Code.InvalidArgument, `'${text}' names no output`);
  return { type: "built", text, drvPath, outputs: names.split(",") };
}
