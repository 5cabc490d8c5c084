import type { ByteString } from "../../formats/index.js";

/** Replaces every occurrence of each key by its value. */
export type Rewrites = ReadonlyMap<string, string>;

/** Source: Nix, src/libutil/util.cc, `rewriteStrings`. */
export function rewriteStrings(text: ByteString, rewrites: Rewrites): ByteString {
  let rewritten: string = text;
  for (const [from, to] of rewrites) if (rewritten.includes(from)) rewritten = rewritten.replaceAll(from, () => to);
  return rewritten as ByteString;
}
