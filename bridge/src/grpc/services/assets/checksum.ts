import { createHash } from "node:crypto";
import type { Digest } from "../../../digest/index.js";
import { HashError, parseNixHash, type NixHash } from "../../../formats/index.js";
import { Code, StatusError } from "../../../status/index.js";
import type { BlobStore } from "../../../store/index.js";

/** Algorithms that are taken, the strongest first. Weaker ones prove nothing. */
const ALGORITHMS = ["sha512", "sha256"] as const;

/**
 * Reads the value of the qualifier `checksum.sri`. Of several checksums the strongest counts. Source: W3C, Subresource Integrity.
 *
 * @throws StatusError InvalidArgument for one that cannot be read, or has no algorithm that is taken.
 */
export function readChecksum(checksum: string): NixHash {
  const words = checksum.split(/\s+/).filter((word) => word !== "");
  for (const algorithm of ALGORITHMS) {
    const word = words.find((each) => each.startsWith(`${algorithm}-`));
    if (word === undefined) continue;
    try {
      return parseNixHash(word.replace(/\?.*/, ""), algorithm);
    } catch (cause) {
      if (!(cause instanceof HashError)) throw cause;
      throw new StatusError(Code.InvalidArgument, `checksum.sri cannot be read: ${cause.message}`, { cause });
    }
  }
  throw new StatusError(Code.InvalidArgument, `checksum.sri has none of ${ALGORITHMS.join(", ")}: '${checksum}'`);
}

/**
 * Holds a blob against a checksum.
 *
 * @throws StatusError InvalidArgument if it has another one; NotFound.
 */
export async function checkBlob(blobs: BlobStore, digest: Digest, checksum: string): Promise<void> {
  const wanted = readChecksum(checksum);
  const hasher = createHash(wanted.algorithm);
  for await (const piece of blobs.read(digest)) hasher.update(piece);
  const found = hasher.digest("hex");
  if (found !== wanted.hex)
    throw new StatusError(
      Code.InvalidArgument,
      `the blob has the ${wanted.algorithm} ${found}, not ${wanted.hex} as checksum.sri says`,
    );
}
