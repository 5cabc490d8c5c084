import { formatNixHash } from "../hash/format-nix-hash.js";
import { printStorePath } from "../store-path/parse-store-path.js";
import type { StorePath } from "../store-path/store-path.js";

/** What a signature of a store path vouches for. */
export interface SignedParts {
  readonly path: StorePath;
  /** SHA-256 of the archive, 64 lower-case hex digits. */
  readonly narHash: string;
  readonly narSizeBytes: number;
  /** In any order; the path itself too, if it refers to itself. */
  readonly references: readonly StorePath[];
}

/** The text that is signed. Source: Nix, `ValidPathInfo::fingerprint` in src/libstore/path-info.cc. */
export function fingerprintOf(storeDir: string, parts: SignedParts): string {
  const full = (path: StorePath): string => printStorePath(storeDir, path);
  const narHash = formatNixHash({ algorithm: "sha256", hex: parts.narHash }, "nixbase32", { prefix: true });
  const references = [...new Set(parts.references)].sort().map(full);
  return `1;${full(parts.path)};${narHash};${parts.narSizeBytes};${references.join(",")}`;
}
