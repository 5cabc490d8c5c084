// Ed25519 takes an implementation of its own, and Node's is at hand: this file is why formats/ imports a core module in one place.
import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from "node:crypto";
import { SignatureError } from "./error.js";

/** A key to check signatures with. */
export interface PublicKey {
  /** By convention a host name and a number, e.g. `cache.nixos.org-1`. */
  readonly name: string;
  readonly key: KeyObject;
}

/** A key to sign with. */
export interface SecretKey extends PublicKey {
  /** The public half, as text for `trusted-public-keys`. */
  readonly publicKeyText: string;
  readonly secret: KeyObject;
}

/** Lengths of the values that libsodium uses. */
const PUBLIC_KEY_BYTES = 32;
const SECRET_KEY_BYTES = 64;
const SIGNATURE_BYTES = 64;

/** DER around a raw key (RFC 8410), which is the form that Node reads. */
export const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/**
 * Reads a secret key file of `nix-store --generate-binary-cache-key` or `nix key generate-secret`: `<name>:<base64 of seed and public key>`.
 *
 * @throws SignatureError if it is malformed, or its halves do not belong together. The key is in no message.
 */
export function parseSecretKey(text: string): SecretKey {
  const { name, value } = split(text, "secret key", SECRET_KEY_BYTES);
  const secret = createPrivateKey({
    key: Buffer.concat([PKCS8_PREFIX, value.subarray(0, SECRET_KEY_BYTES - PUBLIC_KEY_BYTES)]),
    format: "der",
    type: "pkcs8",
  });
  const raw = value.subarray(SECRET_KEY_BYTES - PUBLIC_KEY_BYTES);
  const key = createPublicKey(secret);
  if (!key.equals(publicKeyOf(raw))) throw new SignatureError(`the halves of secret key '${name}' do not fit`);
  return { name, key, secret, publicKeyText: `${name}:${raw.toString("base64")}` };
}

/** Reads a public key, `<name>:<base64>`. @throws SignatureError */
export function parsePublicKey(text: string): PublicKey {
  const { name, value } = split(text, "public key", PUBLIC_KEY_BYTES);
  return { name, key: publicKeyOf(value) };
}

/** Signs a fingerprint: `<key name>:<base64>`. Ed25519 is deterministic: the same again. */
export function signFingerprint(key: SecretKey, fingerprint: string): string {
  return `${key.name}:${sign(null, Buffer.from(fingerprint, "utf8"), key.secret).toString("base64")}`;
}

/**
 * Whether a signature is by one of the keys. A malformed signature is by none of them.
 *
 * @param keys those with the name in the signature are tried.
 */
export function verifySignature(keys: Iterable<PublicKey>, fingerprint: string, signature: string): boolean {
  let parts: { readonly name: string; readonly value: Buffer };
  try {
    parts = split(signature, "signature", SIGNATURE_BYTES);
  } catch (error) {
    if (error instanceof SignatureError) return false;
    throw error;
  }
  const bytes = Buffer.from(fingerprint, "utf8");
  for (const { name, key } of keys) if (name === parts.name && verify(null, bytes, key, parts.value)) return true;
  return false;
}

function publicKeyOf(raw: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: "der", type: "spki" });
}

/** Whitespace around it is allowed: keys are read from files that people edit. */
function split(text: string, what: string, sizeBytes: number): { readonly name: string; readonly value: Buffer } {
  const [, name, base64] = /^([^\s:]+):([0-9A-Za-z+/]+={0,2})$/.exec(text.trim()) ?? [];
  if (name === undefined || base64 === undefined) throw new SignatureError(`${what} is not of the form name:base64`);
  const value = Buffer.from(base64, "base64");
  if (value.byteLength !== sizeBytes)
    throw new SignatureError(`${what} '${name}' has ${value.byteLength} bytes in place of ${sizeBytes}`);
  return { name, value };
}
