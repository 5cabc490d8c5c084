import { NIX_BASE32_ALPHABET } from "./alphabet.js";

/** How many characters so many bytes take: five bits each, rounded up. */
export function nixBase32Length(byteLength: number): number {
  return Math.ceil((byteLength * 8) / 5);
}

/**
 * Writes bytes in nixbase32: the bytes as one little-endian number, its most significant digit first.
 *
 * Source: Nix, src/libutil/base-nix-32.cc.
 */
export function encodeNixBase32(bytes: Uint8Array): string {
  let text = "";
  for (let digit = nixBase32Length(bytes.byteLength) - 1; digit >= 0; digit--) {
    const index = (digit * 5) >> 3;
    const shift = (digit * 5) & 7;
    const pair = bytes[index]! | ((bytes[index + 1] ?? 0) << 8);
    text += NIX_BASE32_ALPHABET[(pair >> shift) & 31]!;
  }
  return text;
}
