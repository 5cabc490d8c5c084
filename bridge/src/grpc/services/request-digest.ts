import type { Digest__Output } from "@causeway/reapi-protos/types/build/bazel/remote/execution/v2/Digest.js";
import { parseDigest, type Digest, type DigestFunction } from "../../digest/index.js";
import { Code, StatusError } from "../../status/index.js";

/**
 * The function that a request means, by its name in decoded messages. Where none is said SHA-256 is meant: clients of API 2.0 know no such
 * field.
 *
 * @throws StatusError InvalidArgument for a function that is not served.
 */
export function digestFunctionNamed(name: string | number | undefined): DigestFunction {
  if (name === undefined || name === "UNKNOWN" || name === "SHA256") return "sha256";
  if (name === "BLAKE3") return "blake3";
  throw new StatusError(
    Code.InvalidArgument,
    `digest function ${String(name)} is not supported; this server supports SHA256 and BLAKE3`,
  );
}

/** A digest of a request. @throws StatusError InvalidArgument if it is missing or malformed. */
export function digestIn(fn: DigestFunction, digest: Digest__Output | undefined, field: string): Digest {
  if (digest === undefined) throw new StatusError(Code.InvalidArgument, `${field} is missing`);
  return parseDigest(fn, digest.hash ?? "", Number(digest.sizeBytes ?? 0));
}

/** A digest as a message has it. */
export function digestMessage(digest: Digest): { hash: string; sizeBytes: number } {
  return { hash: digest.hash, sizeBytes: digest.sizeBytes };
}

/** The name of a function as messages have it. */
export function functionMessage(fn: DigestFunction): "SHA256" | "BLAKE3" {
  return fn === "sha256" ? "SHA256" : "BLAKE3";
}
