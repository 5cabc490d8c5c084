import { createHash } from "node:crypto";
import { createHasher, type Hasher } from "../../digest/index.js";
import type { HashAlgorithm } from "../../formats/index.js";

/** A hasher for any algorithm that Nix knows. */
export function createContentHasher(algorithm: HashAlgorithm): Hasher {
  if (algorithm === "blake3" || algorithm === "sha256") return createHasher(algorithm);
  const state = createHash(algorithm);
  return { update: (bytes) => void state.update(bytes), digest: () => state.digest("hex") };
}
