import { parsePublicKey, SignatureError, type PublicKey } from "../../formats/index.js";
import { Code, StatusError } from "../../status/index.js";

/** The keys of `trusted-public-keys`. @throws StatusError InvalidArgument for a malformed one. */
export function parsePublicKeys(texts: readonly string[]): PublicKey[] {
  return texts.map((text) => {
    try {
      return parsePublicKey(text);
    } catch (cause) {
      if (!(cause instanceof SignatureError)) throw cause;
      throw new StatusError(Code.InvalidArgument, `trusted-public-keys: ${cause.message}`, { cause });
    }
  });
}
