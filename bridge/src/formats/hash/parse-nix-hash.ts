import { decodeNixBase32 } from "../nixbase32/decode.js";
import { nixBase32Length } from "../nixbase32/encode.js";
import { NixBase32Error } from "../nixbase32/error.js";
import { hashSizeBytes, isHashAlgorithm } from "./algorithm.js";
import { HashError } from "./error.js";
import type { HashAlgorithm, NixHash } from "./hash.js";

/**
 * Reads a hash in any spelling that Nix takes: `algo:` before base16, nixbase32 or base64, SRI (`algo-` before base64), or just the value if
 * the algorithm is given. The base is told by the length. Padding of base64 may be missing.
 *
 * Source: Nix, `Hash::parseAny` in src/libutil/hash.cc.
 *
 * @param algorithm what the hash must be of, and what it is of if the text does not say.
 * @throws HashError
 */
export function parseNixHash(text: string, algorithm?: HashAlgorithm): NixHash {
  const colon = text.indexOf(":");
  const dash = colon < 0 ? text.indexOf("-") : -1;
  const split = colon < 0 ? dash : colon;
  const named = split < 0 ? algorithm : text.slice(0, split);
  const value = text.slice(split + 1);
  if (named === undefined) throw new HashError(`hash ${show(text)} does not say its algorithm`);
  if (!isHashAlgorithm(named)) throw new HashError(`unknown hash algorithm ${show(named)}`);
  if (algorithm !== undefined && named !== algorithm)
    throw new HashError(`hash ${show(text)} should be of algorithm ${algorithm}`);
  return { algorithm: named, hex: dash >= 0 ? hexOfBase64(named, value) : hexOf(named, value) };
}

function hexOf(algorithm: HashAlgorithm, value: string): string {
  const size = hashSizeBytes[algorithm];
  if (value.length === size * 2) {
    if (!/^[0-9a-fA-F]*$/.test(value)) throw new HashError(`hash ${show(value)} is not base16`);
    return value.toLowerCase();
  }
  if (value.length === nixBase32Length(size)) return hexOfNixBase32(value);
  if (value.length === Math.ceil(size / 3) * 4) return hexOfBase64(algorithm, value);
  throw new HashError(`hash ${show(value)} has the wrong length for ${algorithm}`);
}

function hexOfNixBase32(value: string): string {
  try {
    return Buffer.from(decodeNixBase32(value)).toString("hex");
  } catch (error) {
    if (!(error instanceof NixBase32Error)) throw error;
    throw new HashError(`hash ${show(value)} is not nixbase32: ${error.message}`, { cause: error });
  }
}

function hexOfBase64(algorithm: HashAlgorithm, value: string): string {
  // Buffer would skip foreign characters, so the form is checked first.
  if (!/^[0-9A-Za-z+/]*={0,2}$/.test(value)) throw new HashError(`hash ${show(value)} is not base64`);
  const bytes = Buffer.from(value, "base64");
  if (bytes.byteLength !== hashSizeBytes[algorithm])
    throw new HashError(`hash ${show(value)} has the wrong length for ${algorithm}`);
  return bytes.toString("hex");
}

/** For messages: quoted, and cut, since it may be long. */
function show(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}
