import { compareBytes, type NarInfo } from "../../../formats/index.js";
import type { PathDescription } from "../../import/path-description.js";

/** What a narinfo says of the path itself. */
export function descriptionOf({
  path,
  narHash,
  narSizeBytes,
  references,
  deriver,
  ca,
  signatures,
}: NarInfo): PathDescription {
  return {
    path,
    narHash: narHash.hex,
    narSizeBytes,
    references: [...new Set(references)].sort(compareBytes),
    signatures,
    ...(deriver !== undefined && { deriver }),
    ...(ca !== undefined && { ca }),
  };
}
