import type { ContentAddress, NixHash } from "../hash/hash.js";
import type { StorePath } from "../store-path/store-path.js";

/** What a binary cache says of a store path: `<hash part>.narinfo`. Source: Nix, src/libstore/nar-info.cc. */
export interface NarInfo {
  readonly path: StorePath;
  /** Where the archive is, relative to the cache; may have a query. */
  readonly url: string;
  /** `none`, `xz`, `bzip2`, `gzip`, `zstd`, `br`… */
  readonly compression: string;
  /** Of the compressed archive. */
  readonly fileHash?: NixHash;
  readonly fileSizeBytes?: number;
  /** Of the archive itself; sha256 in practice. */
  readonly narHash: NixHash;
  readonly narSizeBytes: number;
  /** In the order of the text. */
  readonly references: readonly StorePath[];
  readonly deriver?: StorePath;
  /** Nix ignores it; old caches have it. */
  readonly system?: string;
  /** `<key name>:<base64>`, in the order of the text. */
  readonly signatures: readonly string[];
  readonly ca?: ContentAddress;
}
