/** The length of the hash in a store path, in bytes: 160 bits. */
export const STORE_PATH_HASH_BYTES = 20;

/**
 * Folds a hash to 160 bits: byte i is XORed into byte i mod 20.
 *
 * Source: Nix, `compressHash` in src/libutil/hash.cc.
 */
export function compress160(bytes: Uint8Array): Uint8Array {
  const folded = new Uint8Array(STORE_PATH_HASH_BYTES);
  for (let i = 0; i < bytes.byteLength; i++) folded[i % STORE_PATH_HASH_BYTES]! ^= bytes[i]!;
  return folded;
}
