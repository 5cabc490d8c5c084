import { createPrivateKey, sign } from "node:crypto";
import { encodeNixBase32, printStorePath } from "../../formats/index.js";
import { Code, StatusError } from "../../status/index.js";
import type { PathInfo } from "../../store/index.js";

/** Signs path infos with secret keys. */
export interface Signer {
  /** The info with our signatures, in place of older ones by the same keys. */
  sign(info: PathInfo): PathInfo;
}

/** What DER puts before the seed of an Ed25519 private key (RFC 8410, section 7). */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
const SECRET_KEY_BYTES = 64;
const SEED_BYTES = 32;

/**
 * @param secretKeys as `nix-store --generate-binary-cache-key` writes them: `<name>:<base64 of seed and public key>`.
 * @throws StatusError InvalidArgument for a malformed one.
 */
export function createSigner(secretKeys: readonly string[], storeDir: string): Signer {
  const keys = secretKeys.map((text) => {
    const colon = text.indexOf(":");
    const bytes = Buffer.from(text.slice(colon + 1).trim(), "base64");
    if (colon < 1 || bytes.byteLength !== SECRET_KEY_BYTES)
      throw new StatusError(Code.InvalidArgument, "a secret key is not of the form <name>:<base64 of 64 bytes>");
    const der = Buffer.concat([PKCS8_PREFIX, bytes.subarray(0, SEED_BYTES)]);
    return { name: text.slice(0, colon), key: createPrivateKey({ key: der, format: "der", type: "pkcs8" }) };
  });
  return {
    sign(info) {
      if (keys.length === 0) return info;
      const text = Buffer.from(fingerprint(info, storeDir), "latin1");
      const own = keys.map(({ name, key }) => `${name}:${sign(null, text, key).toString("base64")}`);
      const foreign = info.signatures.filter((signature) => !keys.some(({ name }) => signature.startsWith(`${name}:`)));
      return { ...info, signatures: [...foreign, ...own] };
    },
  };
}

/** What is signed of a path. Source: Nix, src/libstore/path-info.cc, `fingerprint`. */
export function fingerprint(
  info: Pick<PathInfo, "path" | "narHash" | "narSizeBytes" | "references">,
  storeDir: string,
): string {
  const narHash = `sha256:${encodeNixBase32(Buffer.from(info.narHash, "hex"))}`;
  const references = info.references.map((path) => printStorePath(storeDir, path)).join(",");
  return `1;${printStorePath(storeDir, info.path)};${narHash};${info.narSizeBytes};${references}`;
}
