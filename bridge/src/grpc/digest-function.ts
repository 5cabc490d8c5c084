import { parseDigest, type Digest, type DigestFunction } from "../digest/index.js";
import { Code, StatusError } from "../status/index.js";

/** The functions of REAPI by number. Source: remote_execution.proto, `DigestFunction.Value`. */
const NAMES = [
  "UNKNOWN",
  "SHA256",
  "SHA1",
  "MD5",
  "VSO",
  "SHA384",
  "SHA512",
  "MURMUR3",
  "SHA256TREE",
  "BLAKE3",
  "GITSHA1",
];

/** How the functions we serve are numbered in messages. */
export const digestFunctionNumber: Readonly<Record<DigestFunction, number>> = { sha256: 1, blake3: 9 };

/** Says which functions there are, after what is not one of them. */
export const SUPPORTED_FUNCTIONS = "this server supports SHA256 and BLAKE3";

/**
 * The function that a request means.
 *
 * @param value - Field `digest_function`. Where it is 0 (not said), a hash of 64 digits means SHA-256; clients of API 2.0 know no such field.
 * @param hash - One of the hashes of the request, if it has any.
 * @throws StatusError InvalidArgument for a function that is not served.
 */
export function digestFunctionOf(value: number, hash?: string): DigestFunction {
  if (value === digestFunctionNumber.sha256) return "sha256";
  if (value === digestFunctionNumber.blake3) return "blake3";
  if (value !== 0)
    throw new StatusError(
      Code.InvalidArgument,
      `digest function ${NAMES[value] ?? String(value)} is not supported; ${SUPPORTED_FUNCTIONS}`,
    );
  if (hash !== undefined && /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{66}|[0-9a-f]{96}|[0-9a-f]{128})$/.test(hash))
    throw new StatusError(
      Code.InvalidArgument,
      `a hash of ${String(hash.length)} digits belongs to a digest function that is not supported; ${SUPPORTED_FUNCTIONS}`,
    );
  return "sha256";
}

/** A digest as it stands in a message, not checked. */
export interface WireDigest {
  readonly hash: string;
  readonly sizeBytes: number;
}

/** Checks one digest of a request. @throws StatusError InvalidArgument if it is missing or malformed. */
export function checkDigest(fn: DigestFunction, digest: WireDigest | undefined, field: string): Digest {
  if (digest === undefined) throw new StatusError(Code.InvalidArgument, `${field} is missing`);
  return parseDigest(fn, digest.hash, digest.sizeBytes);
}
