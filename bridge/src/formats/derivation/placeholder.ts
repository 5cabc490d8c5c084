import { hashBytes } from "../../digest/index.js";
import { byteStringOf, bytesOf, type ByteString } from "../bytes/byte-string.js";
import { compress160 } from "../hash/compress-hash.js";
import { decodeNixBase32 } from "../nixbase32/decode.js";
import { encodeNixBase32 } from "../nixbase32/encode.js";
import { drvNameOf, outputPathName } from "../store-path/make-store-path.js";
import { hashPartOf } from "../store-path/parse-store-path.js";
import type { StorePath } from "../store-path/store-path.js";

/*
 * Placeholders stand in a derivation where a path will be that is not known yet. They are as long as nothing else in a store: `/` and a whole
 * SHA-256 in nixbase32.
 */

function placeholder(text: string): ByteString {
  const hex = hashBytes("sha256", bytesOf(byteStringOf(text)));
  return `/${encodeNixBase32(Buffer.from(hex, "hex"))}` as ByteString;
}

/** Finds what may be a placeholder; it is one only if it is known. */
export const PLACEHOLDER_PATTERN = /\/[0-9a-df-np-sv-z]{52}/g;

/** For an own output: `builtins.placeholder`. Source: Nix, `hashPlaceholder` in src/libstore/derivations.cc. */
export function placeholderOf(outputName: string): ByteString {
  return placeholder(`nix-output:${outputName}`);
}

/**
 * For the output of another derivation whose path follows from its contents. Source: Nix, src/libstore/downstream-placeholder.cc.
 *
 * @throws StorePathError if `drvPath` is not a derivation's.
 */
export function downstreamPlaceholder(drvPath: StorePath, outputName: string): ByteString {
  return placeholder(`nix-upstream-output:${hashPartOf(drvPath)}:${outputPathName(drvNameOf(drvPath), outputName)}`);
}

/**
 * For the output of a derivation that is itself an output (xp-dyn-drv).
 *
 * @param drvPlaceholder that of the derivation.
 */
export function dynamicPlaceholder(drvPlaceholder: ByteString, outputName: string): ByteString {
  const hash = compress160(decodeNixBase32(drvPlaceholder.slice(1)));
  return placeholder(`nix-computed-output:${encodeNixBase32(hash)}:${outputName}`);
}
