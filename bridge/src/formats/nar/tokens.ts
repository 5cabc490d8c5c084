import type { ByteString } from "../bytes/byte-string.js";

/*
 * The grammar of NAR, where str(x) is the length of x as a 64-bit little-endian number, x, and zero bytes up to a multiple of 8:
 *
 *   archive = str("nix-archive-1") node
 *   node    = str("(") str("type") ( regular | symlink | directory ) str(")")
 *   regular = str("regular") [ str("executable") str("") ] [ str("contents") str(bytes) ]
 *   symlink = str("symlink") str("target") str(bytes)
 *   directory = str("directory") { str("entry") str("(") str("name") str(bytes) str("node") node str(")") }
 *
 * An empty file may omit its contents. Constant strings that can only follow each other are one token here:
 *
 *   archive = ROOT body
 *   body    = REGULAR size bytes padding CLOSE | EXECUTABLE … | SYMLINK str(target) CLOSE | DIRECTORY { ENTRY str(name) NODE body CLOSE } CLOSE
 *
 * Source: Nix, doc/manual/source/protocols/nix-archive.md; src/libutil/archive.cc.
 */

/** The zero bytes after a string of that length. */
export function paddingOf(sizeBytes: number): number {
  return (8 - (sizeBytes % 8)) % 8;
}

/** A string as the archive holds it. */
export function str(value: string): Buffer {
  const bytes = Buffer.from(value, "latin1");
  const out = Buffer.alloc(8 + bytes.byteLength + paddingOf(bytes.byteLength));
  out.writeUInt32LE(bytes.byteLength);
  bytes.copy(out, 8);
  return out;
}

/** Several strings in a row. */
export function token(...words: readonly string[]): Buffer {
  return Buffer.concat(words.map(str));
}

/** The beginning of an archive, up to the type of its root. */
export const ROOT = token("nix-archive-1", "(", "type");
export const REGULAR = token("regular", "contents");
export const EXECUTABLE = token("regular", "executable", "", "contents");
export const SYMLINK = token("symlink", "target");
export const DIRECTORY = token("directory");
/** The beginning of a directory's entry, up to its name. */
export const ENTRY = token("entry", "(", "name");
/** From an entry's name to the type of its node. */
export const NODE = token("node", "(", "type");
export const CLOSE = token(")");
/** The end of a node inside an entry, and of the entry. */
export const CLOSE_ENTRY = token(")", ")");

/** Deeper trees cannot be unpacked: a path of PATH_MAX (4096) bytes has no more segments. */
export const NAR_DEPTH_MAX = 2048;

/** Whether a byte string orders after another; the order of entries. */
export function isAfter(name: ByteString, previous: ByteString | undefined): boolean {
  return previous === undefined || name > previous;
}
