import { fingerprintOf, makeFixedOutputPath, nameOf, StorePathError, verifySignature } from "../../formats/index.js";
import type { ImportContext } from "./import-context.js";
import type { PathDescription } from "./path-description.js";

/** Whether a path follows from the content address and the references that are stated of it. */
export function pathFollows(storeDir: string, { path, ca, references }: PathDescription): boolean {
  if (ca === undefined) return false;
  try {
    const others = references.filter((reference) => reference !== path);
    const self = others.length < references.length;
    return makeFixedOutputPath(storeDir, nameOf(path), ca, { references: others, self }) === path;
  } catch (cause) {
    if (cause instanceof StorePathError) return false;
    throw cause;
  }
}

/** Whether one of our trusted keys has signed what is stated of a path. */
export function isSigned(
  { storeDir, publicKeys }: Pick<ImportContext, "storeDir" | "publicKeys">,
  info: PathDescription,
): boolean {
  if (info.signatures.length === 0 || publicKeys.length === 0) return false;
  const fingerprint = fingerprintOf(storeDir, info);
  return info.signatures.some((signature) => verifySignature(publicKeys, fingerprint, signature));
}
