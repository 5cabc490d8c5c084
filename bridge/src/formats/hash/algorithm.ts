import type { HashAlgorithm } from "./hash.js";

/** The length of a value of each algorithm, in bytes. */
export const hashSizeBytes: Readonly<Record<HashAlgorithm, number>> = {
  md5: 16,
  sha1: 20,
  sha256: 32,
  sha512: 64,
  blake3: 32,
};

/** Whether Nix knows an algorithm of this name. */
export function isHashAlgorithm(name: string): name is HashAlgorithm {
  return Object.hasOwn(hashSizeBytes, name);
}
