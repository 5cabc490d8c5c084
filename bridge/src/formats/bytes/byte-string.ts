declare const byteStringBrand: unique symbol;

/**
 * A string of bytes: each UTF-16 unit of it is one byte (0..255).
 *
 * File names, symlink targets and every string of a derivation are bytes to Nix and may be invalid UTF-8. In this form they are lossless,
 * small, usable as keys of a `Map`, and `<` compares them by bytes, which is the order of NAR, castore and canonical REAPI messages.
 * Never mix it with text: {@link byteStringOf} and {@link textOf} are the only ways across.
 */
export type ByteString = string & { readonly [byteStringBrand]: true };

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The UTF-8 bytes of a text. */
export function byteStringOf(text: string): ByteString {
  return (isAscii(text) ? text : Buffer.from(text, "utf8").toString("latin1")) as ByteString;
}

/** The bytes as a byte string (a copy). */
export function byteStringFrom(bytes: Uint8Array): ByteString {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1") as ByteString;
}

/** The bytes of a byte string, in a buffer of their own. */
export function bytesOf(value: ByteString): Buffer {
  return Buffer.from(value, "latin1");
}

/**
 * The text that the bytes encode.
 *
 * @throws TypeError if they are not valid UTF-8.
 */
export function textOf(value: ByteString): string {
  return isAscii(value) ? value : utf8.decode(bytesOf(value));
}

/** The text for a message to a person: invalid UTF-8 is shown as U+FFFD. */
export function displayOf(value: ByteString): string {
  return isAscii(value) ? value : bytesOf(value).toString("utf8");
}

/** Whether the bytes are valid UTF-8, i.e. fit a protobuf `string`. */
export function isUtf8(value: ByteString): boolean {
  if (isAscii(value)) return true;
  try {
    utf8.decode(bytesOf(value));
    return true;
  } catch {
    return false;
  }
}

/** Orders byte strings by their bytes: negative, zero or positive. */
export function compareBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}
