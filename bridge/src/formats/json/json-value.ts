import type { ByteString } from "../bytes/byte-string.js";

/**
 * A JSON value without the losses of `JSON.parse`: strings are their UTF-8 bytes, integers exact, other numbers as written, and keys such as
 * `__proto__` or `1` are like any other.
 */
export type JsonValue = null | boolean | bigint | JsonFloat | ByteString | readonly JsonValue[] | JsonObject;

/** By key, in the order of the text. A key that comes twice has its last value, as in Nix. */
export type JsonObject = ReadonlyMap<ByteString, JsonValue>;

/** A number with a fraction or exponent, or an integer beyond 64 bits, which Nix takes for a double too. */
export interface JsonFloat {
  readonly type: "float";
  /** As written, e.g. `1.50`; a finite double. */
  readonly text: string;
}

/** Whether invalid UTF-8 in strings is an error, or kept. Nix up to 2.22 wrote the bytes of a derivation as they were. */
export interface JsonOptions {
  /** Default: `reject`. */
  readonly invalidUtf8?: "reject" | "keep";
}
