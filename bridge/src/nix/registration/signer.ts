import {
  fingerprintOf,
  parseSecretKey,
  signFingerprint,
  SignatureError,
  type SignedParts,
} from "../../formats/index.js";
import { Code, StatusError } from "../../status/index.js";
import type { PathInfo } from "../../store/index.js";

/** Signs path infos with secret keys. */
export interface Signer {
  /** The info with our signatures, in place of older ones by the same keys. */
  sign<T extends SignedParts & Pick<PathInfo, "signatures">>(info: T): T;
}

/**
 * @param secretKeys as `nix-store --generate-binary-cache-key` writes them: `<name>:<base64 of seed and public key>`.
 * @throws StatusError InvalidArgument for a malformed one.
 */
export function createSigner(secretKeys: readonly string[], storeDir: string): Signer {
  const keys = secretKeys.map((text) => {
    try {
      return parseSecretKey(text);
    } catch (cause) {
      if (!(cause instanceof SignatureError)) throw cause;
      throw new StatusError(Code.InvalidArgument, cause.message, { cause });
    }
  });
  return {
    sign(info) {
      if (keys.length === 0) return info;
      const text = fingerprintOf(storeDir, info);
      const foreign = info.signatures.filter((signature) => !keys.some(({ name }) => signature.startsWith(`${name}:`)));
      return { ...info, signatures: [...foreign, ...keys.map((key) => signFingerprint(key, text))] };
    },
  };
}
