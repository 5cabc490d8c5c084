import { createHash, hash } from "node:crypto";
import { createRequire } from "node:module";
import type { BlobInfo, Digest, DigestFunction } from "./digest.js";

/** Computes a hash over pieces. Used once: after `digest` it is spent. */
export interface Hasher {
  update(bytes: Uint8Array): void;
  /** 64 lower-case hex digits. */
  digest(): string;
}

interface Blake3Engine {
  hash(bytes: Uint8Array): string;
  create(): Hasher;
}

const require = createRequire(import.meta.url);
let engine: Blake3Engine | undefined;

/**
 * The BLAKE3 engine, loaded when first needed: native code where its package could be installed, else WebAssembly. One of the two only:
 * for hashes of small inputs WebAssembly would be 1 µs faster, but loading both costs every start of the program more than that.
 */
function blake3(): Blake3Engine {
  if (engine !== undefined) return engine;
  engine = loadNative() ?? loadWasm();
  const known = engine.hash(Buffer.from("Hello World!"));
  if (known !== "5ca7815adcb484e9a136c11efe69c1d530176d549b5d18d038eb5280b4b3470c")
    throw new Error(`the installed BLAKE3 engine is broken: it hashes a known text to ${known}`);
  return engine;
}

/** The same memory as a Buffer: both packages refuse plain Uint8Arrays. */
function bufferOf(bytes: Uint8Array): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function loadWasm(): Blake3Engine {
  const wasm = require("blake3") as typeof import("blake3");
  return {
    hash: (bytes) => wasm.hash(bufferOf(bytes)).toString("hex"),
    create() {
      const state = wasm.createHash();
      return {
        update: (bytes) => void state.update(bufferOf(bytes)),
        digest: () => state.digest("hex"),
      };
    },
  };
}

function loadNative(): Blake3Engine | undefined {
  try {
    const { Blake3Hasher, blake3UrlSafeBase64 } =
      require("@napi-rs/blake-hash") as typeof import("@napi-rs/blake-hash");
    return {
      // A string comes back a microsecond sooner than a Buffer, of which V8 has to keep track.
      hash: (bytes) => Buffer.from(blake3UrlSafeBase64(bufferOf(bytes)), "base64url").toString("hex"),
      create() {
        const state = new Blake3Hasher();
        return { update: (bytes) => void state.update(bufferOf(bytes)), digest: () => state.digest("hex") };
      },
    };
  } catch {
    return undefined; // An optional accelerator: the same digests come from WebAssembly.
  }
}

/** The hash of bytes at hand, as 64 lower-case hex digits. */
export function hashBytes(fn: DigestFunction, bytes: Uint8Array): string {
  if (fn === "sha256") return hash("sha256", bytes, "hex");
  return blake3().hash(bytes);
}

/** The digest of bytes at hand. */
export function digestBytes(fn: DigestFunction, bytes: Uint8Array): Digest {
  return { fn, hash: hashBytes(fn, bytes), sizeBytes: bytes.byteLength };
}

/** Both digests of bytes at hand. */
export function blobInfoOf(bytes: Uint8Array): BlobInfo {
  return { blake3: hashBytes("blake3", bytes), sha256: hashBytes("sha256", bytes), sizeBytes: bytes.byteLength };
}

/** A hasher for a stream. */
export function createHasher(fn: DigestFunction): Hasher {
  if (fn === "blake3") return blake3().create();
  const state = createHash("sha256");
  return { update: (bytes) => void state.update(bytes), digest: () => state.digest("hex") };
}

/** Both hashes and the size of a stream, in one pass. */
export interface BlobHasher {
  update(bytes: Uint8Array): void;
  finish(): BlobInfo;
}

/** A hasher for a blob that comes in pieces. */
export function createBlobHasher(): BlobHasher {
  const b3 = createHasher("blake3");
  const s2 = createHasher("sha256");
  let sizeBytes = 0;
  return {
    update(bytes) {
      b3.update(bytes);
      s2.update(bytes);
      sizeBytes += bytes.byteLength;
    },
    finish: () => ({ blake3: b3.digest(), sha256: s2.digest(), sizeBytes }),
  };
}
