// Like key.ts: ed25519 is Node's.
import { createPrivateKey, createPublicKey } from "node:crypto";
import { SignatureError } from "./error.js";
import { PKCS8_PREFIX } from "./key.js";

/** Bytes of randomness that an ed25519 key is made of. */
export const KEY_SEED_BYTES = 32;

/** By convention a host name and a number; Nix writes it before the first colon of a line. */
const NAME = /^[^\s:]+$/;
/** Longer names of keys make no sense, and each signature carries it. */
const NAME_CHARACTERS_MAX = 255;

/**
 * The text of a new secret key, as `nix key generate-secret` writes it: `<name>:<base64 of seed and public key>`, without a line feed.
 *
 * @param seed {@link KEY_SEED_BYTES} random bytes.
 * @throws SignatureError if the name cannot be that of a key.
 */
export function makeSecretKeyText(name: string, seed: Uint8Array): string {
  if (!NAME.test(name) || name.length > NAME_CHARACTERS_MAX)
    throw new SignatureError(`${JSON.stringify(name.slice(0, NAME_CHARACTERS_MAX))} cannot be the name of a key`);
  if (seed.byteLength !== KEY_SEED_BYTES)
    throw new SignatureError(`a key is made of ${String(KEY_SEED_BYTES)} bytes, not of ${String(seed.byteLength)}`);
  const secret = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: "der", type: "pkcs8" });
  const { x } = createPublicKey(secret).export({ format: "jwk" });
  return `${name}:${Buffer.concat([seed, Buffer.from(x!, "base64url")]).toString("base64")}`;
}
