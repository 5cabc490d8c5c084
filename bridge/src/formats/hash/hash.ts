/** The hash algorithms that Nix knows. */
export type HashAlgorithm = "md5" | "sha1" | "sha256" | "sha512" | "blake3";

/** A hash as Nix means it: algorithm and raw value. */
export interface NixHash {
  readonly algorithm: HashAlgorithm;
  /** Lower-case hex; 32, 40, 64, 128 or 64 digits. */
  readonly hex: string;
}

/** How the bytes under a content address are taken: the contents of one file, the archive, or text with references; git is only parsed. */
export type ContentAddressMethod = "flat" | "nar" | "text" | "git";

/** Why a path is what it is: the hash of its contents by some method, as in `fixed:r:sha256:…`. */
export interface ContentAddress {
  readonly method: ContentAddressMethod;
  readonly hash: NixHash;
}
