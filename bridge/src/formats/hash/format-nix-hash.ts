import { encodeNixBase32 } from "../nixbase32/encode.js";
import type { NixHash } from "./hash.js";

/** The spellings of a hash. */
export type NixHashFormat = "base16" | "nixbase32" | "base64" | "sri";

/**
 * Writes a hash.
 *
 * @param options.prefix whether `algo:` comes first (SRI always has its own prefix). Default: no.
 */
export function formatNixHash(
  hash: NixHash,
  format: NixHashFormat,
  options: { readonly prefix?: boolean } = {},
): string {
  if (format === "sri") return `${hash.algorithm}-${valueIn("base64", hash)}`;
  return `${options.prefix === true ? `${hash.algorithm}:` : ""}${valueIn(format, hash)}`;
}

function valueIn(format: "base16" | "nixbase32" | "base64", hash: NixHash): string {
  if (format === "base16") return hash.hex;
  const bytes = Buffer.from(hash.hex, "hex");
  return format === "base64" ? bytes.toString("base64") : encodeNixBase32(bytes);
}
