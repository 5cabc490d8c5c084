import { NIX_BASE32_ALPHABET } from "./alphabet.js";
import { nixBase32Length } from "./encode.js";
import { NixBase32Error } from "./error.js";

const valueOf = new Int8Array(128).fill(-1);
for (let i = 0; i < NIX_BASE32_ALPHABET.length; i++) valueOf[NIX_BASE32_ALPHABET.charCodeAt(i)] = i;

/** Whether every character of the text is a nixbase32 digit. */
export function isNixBase32(text: string): boolean {
  for (let i = 0; i < text.length; i++) if ((valueOf[text.charCodeAt(i)] ?? -1) < 0) return false;
  return true;
}

/**
 * Reads nixbase32.
 *
 * @throws NixBase32Error for a foreign character, a length that no number of bytes has, or set bits beyond the last byte.
 */
export function decodeNixBase32(text: string): Uint8Array {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8));
  if (nixBase32Length(bytes.byteLength) !== text.length)
    throw new NixBase32Error(`no bytes are ${text.length} characters long in nixbase32`, text.length);
  for (let i = 0; i < text.length; i++) {
    const value = valueOf[text.charCodeAt(i)] ?? -1;
    if (value < 0) throw new NixBase32Error(`${JSON.stringify(text[i])} is no nixbase32 digit`, i);
    const bit = (text.length - 1 - i) * 5;
    const index = bit >> 3;
    const pair = value << (bit & 7);
    const carry = pair >> 8;
    bytes[index]! |= pair & 0xff;
    if (carry !== 0) {
      if (index + 1 >= bytes.byteLength) throw new NixBase32Error("bits are set beyond the last byte", i);
      bytes[index + 1]! |= carry;
    }
  }
  return bytes;
}
