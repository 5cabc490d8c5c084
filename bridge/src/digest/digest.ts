import { Code, StatusError } from "../status/index.js";

/** The digest functions Causeway stores every blob under. */
export type DigestFunction = "sha256" | "blake3";

/** All of them, in the order in which they are preferred for our own actions. */
export const digestFunctions: readonly DigestFunction[] = ["blake3", "sha256"];

/**
 * Names a blob: the function, its hash, and the size, which is part of the identity (right hash with wrong size is another blob).
 * Made only by {@link parseDigest} and the hashers, so that a malformed one cannot exist.
 */
export interface Digest {
  readonly fn: DigestFunction;
  /** 64 lower-case hex digits. */
  readonly hash: string;
  readonly sizeBytes: number;
}

/** What one pass over a blob finds: both hashes and the size. */
export interface BlobInfo {
  readonly blake3: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

const HASH_DIGITS = 64;

/** 1 for the character codes of lower-case hex digits. */
const IS_HEX = new Uint8Array(256);
for (const digit of "0123456789abcdef") IS_HEX[digit.charCodeAt(0)] = 1;

/** What `/^[0-9a-f]{64}$/` says, in half the time: requests name hundreds of thousands of digests a second. */
function isHash(text: string): boolean {
  if (text.length !== HASH_DIGITS) return false;
  for (let i = 0; i < HASH_DIGITS; i++) if (IS_HEX[text.charCodeAt(i)] !== 1) return false;
  return true;
}

/**
 * Checks the parts of a digest that came from outside.
 *
 * @throws StatusError InvalidArgument if the hash is not 64 lower-case hex digits, the size is negative or no safe integer, or size 0 comes
 *   with a hash that is not the empty blob's.
 */
export function parseDigest(fn: DigestFunction, hash: string, sizeBytes: number | bigint): Digest {
  checkHash(fn, hash);
  const size = Number(sizeBytes);
  if (!Number.isSafeInteger(size) || size < 0)
    throw new StatusError(Code.InvalidArgument, `digest ${hash} has an impossible size: ${String(sizeBytes)}`);
  if ((size === 0) !== (hash === emptyHash[fn]))
    throw new StatusError(
      Code.InvalidArgument,
      `digest ${hash}/${String(size)} is impossible: only the empty blob has size 0`,
    );
  return { fn, hash, sizeBytes: size };
}

/** @throws StatusError InvalidArgument if a hash that came from outside is not 64 lower-case hex digits. */
export function checkHash(fn: DigestFunction, hash: string): void {
  if (isHash(hash)) return;
  throw new StatusError(
    Code.InvalidArgument,
    `digest hash ${JSON.stringify(hash)} is not 64 lower-case hex digits, as ${fn} has`,
  );
}

/** The digest of a blob under one of its two functions. */
export function digestOf(info: BlobInfo, fn: DigestFunction): Digest {
  return { fn, hash: info[fn], sizeBytes: info.sizeBytes };
}

/** A key for maps: distinct digests have distinct keys. */
export function digestKey(digest: Digest): string {
  return `${digest.fn}:${digest.hash}/${String(digest.sizeBytes)}`;
}

/** `<hash>/<size>`, as people and resource names write it. */
export function formatDigest(digest: Digest): string {
  return `${digest.hash}/${String(digest.sizeBytes)}`;
}

/** `blobs/[blake3/]<hash>/<size>`: the subject of a MISSING violation and the end of a ByteStream resource name (REAPI 1.5). */
export function blobResourceName(digest: Digest): string {
  return `blobs/${digest.fn === "blake3" ? "blake3/" : ""}${formatDigest(digest)}`;
}

export function digestEquals(a: Digest, b: Digest): boolean {
  return a.fn === b.fn && a.hash === b.hash && a.sizeBytes === b.sizeBytes;
}

/** The hash of the empty blob under each function. */
export const emptyHash: Readonly<Record<DigestFunction, string>> = {
  blake3: "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
  sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
};

/** The empty blob, which every store has. */
export const emptyBlob: BlobInfo = { ...emptyHash, sizeBytes: 0 };
