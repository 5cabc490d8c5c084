import { formatNixHash, hashPartOf, printNarInfo, type NarInfo } from "../../../formats/index.js";
import type { PathInfo } from "../../../store/index.js";
import type { Signer } from "../../registration/signer.js";

/** How archives are offered: as they are, with ranges, or packed while they are sent. */
export type ServedCompression = "none" | "zstd";

/** The narinfo of a path of ours, signed by our keys beside the signatures that it has. */
export function narInfoOf(
  storeDir: string,
  info: PathInfo,
  { signer, compression }: { readonly signer: Signer; readonly compression: ServedCompression },
): string {
  const { path, narSizeBytes, references, deriver, ca, signatures } = signer.sign(info);
  const narHash = { algorithm: "sha256", hex: info.narHash } as const;
  const described: NarInfo = {
    path,
    url: archiveUrl(info, compression),
    compression,
    // What is packed on the way has no size and no hash before.
    ...(compression === "none" && { fileHash: narHash, fileSizeBytes: narSizeBytes }),
    narHash,
    narSizeBytes,
    references,
    signatures,
    ...(deriver !== undefined && { deriver }),
    ...(ca !== undefined && { ca }),
  };
  return printNarInfo(storeDir, described);
}

/** Relative to the cache. With the hash of the archive, so that a path registered anew has another. */
export function archiveUrl(
  { path, narHash }: Pick<PathInfo, "path" | "narHash">,
  compression: ServedCompression,
): string {
  const base32 = formatNixHash({ algorithm: "sha256", hex: narHash }, "nixbase32");
  return `nar/${hashPartOf(path)}-${base32}.nar${compression === "zstd" ? ".zst" : ""}`;
}
