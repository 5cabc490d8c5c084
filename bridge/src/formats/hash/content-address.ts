import { isHashAlgorithm } from "./algorithm.js";
import { HashError } from "./error.js";
import { formatNixHash } from "./format-nix-hash.js";
import type { ContentAddress, ContentAddressMethod, HashAlgorithm } from "./hash.js";
import { parseNixHash } from "./parse-nix-hash.js";

const prefixes: Readonly<Record<ContentAddressMethod, string>> = { flat: "", nar: "r:", text: "text:", git: "git:" };

/** A method and an algorithm, as in the third field of an output in a `.drv`. */
export interface MethodAlgorithm {
  readonly method: ContentAddressMethod;
  readonly algorithm: HashAlgorithm;
}

/** `sha256`, `r:sha256`, `text:sha256` or `git:sha256`. */
export function formatMethodAlgorithm(value: MethodAlgorithm): string {
  return prefixes[value.method] + value.algorithm;
}

/** @throws HashError for an unknown method or algorithm. */
export function parseMethodAlgorithm(text: string): MethodAlgorithm {
  const colon = text.indexOf(":");
  const method = methodOf(text.slice(0, colon + 1));
  const algorithm = text.slice(colon + 1);
  if (method === undefined || !isHashAlgorithm(algorithm))
    throw new HashError(`${JSON.stringify(text)} is no method and hash algorithm`);
  return { method, algorithm };
}

function methodOf(prefix: string): ContentAddressMethod | undefined {
  if (prefix === "") return "flat";
  if (prefix === "r:") return "nar";
  if (prefix === "text:") return "text";
  return prefix === "git:" ? "git" : undefined;
}

/** `text:sha256:…` or `fixed:[r:|git:]algo:…`, with the hash in nixbase32. Source: Nix, `ContentAddress::render`. */
export function formatContentAddress(ca: ContentAddress): string {
  const hash = formatNixHash(ca.hash, "nixbase32", { prefix: true });
  return ca.method === "text" ? `text:${hash}` : `fixed:${prefixes[ca.method]}${hash}`;
}

/**
 * Reads what {@link formatContentAddress} writes; the hash may also be base16 or base64.
 *
 * @throws HashError
 */
export function parseContentAddress(text: string): ContentAddress {
  const [, kind, algorithm, value] = /^(text:|fixed:|fixed:r:|fixed:git:)([^:]+):([^:]+)$/.exec(text) ?? [];
  if (kind === undefined) throw new HashError(`${JSON.stringify(text.slice(0, 200))} is no content address`);
  const method = kind === "text:" ? "text" : methodOf(kind.slice("fixed:".length))!;
  const hash = parseNixHash(`${algorithm!}:${value!}`);
  if (method === "text" && hash.algorithm !== "sha256")
    throw new HashError(`text content address ${JSON.stringify(text)} must use sha256`);
  return { method, hash };
}
