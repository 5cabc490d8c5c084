import { byteStringFrom, type ByteString } from "../../formats/index.js";
import { BuiltinError } from "./builtin-context.js";

/** A member of an archive. */
export interface TarEntry {
  /** As written in the archive. */
  readonly path: ByteString;
  readonly type: "file" | "directory" | "symlink" | "hardlink";
  readonly executable: boolean;
  readonly sizeBytes: number;
  /** Of links. */
  readonly target: ByteString;
  /** Of a file; must be consumed before the next entry is asked for. */
  readonly contents: AsyncIterable<Uint8Array>;
}

const BLOCK_BYTES = 512;
/** Long names and extended headers; no real one has more than a few kilobytes. */
const EXTENSION_BYTES_MAX = 1024 * 1024;

/**
 * Reads a tar archive: ustar, with the long names of GNU tar and the extended headers of POSIX (pax). Members that are no files, directories
 * or links are left out.
 *
 * Source: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Header Block"; GNU tar manual, "Basic Tar Format".
 *
 * @throws BuiltinError if the archive is damaged.
 */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const reader = new BlockReader(source);
  try {
    let extension: Extension = {};
    for (;;) {
      const header = await reader.take(BLOCK_BYTES);
      if (header === undefined || header.every((byte) => byte === 0)) return;
      const member = parseHeader(header);
      if ("xgLK".includes(member.flag)) {
        const bytes = await extensionBytes(reader, member.sizeBytes);
        if (member.flag !== "g") extension = { ...extension, ...parseExtension(member.flag, bytes) };
        continue;
      }
      const sizeBytes = extension.sizeBytes ?? member.sizeBytes;
      const contents = reader.pieces(sizeBytes);
      const type = typeOf(member.flag, extension.path ?? member.path);
      if (type !== undefined)
        yield {
          path: extension.path ?? member.path,
          type,
          executable: (member.mode & 0o100) !== 0,
          sizeBytes,
          target: extension.target ?? member.target,
          contents,
        };
      await drain(contents); // What the consumer left.
      await reader.skip(padding(sizeBytes));
      extension = {};
    }
  } finally {
    await reader.close();
  }
}

interface Extension {
  readonly path?: ByteString;
  readonly target?: ByteString;
  readonly sizeBytes?: number;
}

interface Header {
  readonly path: ByteString;
  readonly mode: number;
  readonly sizeBytes: number;
  readonly flag: string;
  readonly target: ByteString;
}

function padding(sizeBytes: number): number {
  return (BLOCK_BYTES - (sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES;
}

function typeOf(flag: string, path: ByteString): TarEntry["type"] | undefined {
  if (flag === "0" || flag === "\0" || flag === "7") return path.endsWith("/") ? "directory" : "file";
  if (flag === "1") return "hardlink";
  if (flag === "2") return "symlink";
  return flag === "5" ? "directory" : undefined;
}

function parseHeader(header: Buffer): Header {
  const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte), 0);
  if (octal(header, 148, 8) !== sum) throw new BuiltinError("this is no tar archive, or it is damaged");
  const isUstar = header.toString("latin1", 257, 262) === "ustar";
  // Where GNU tar has times, POSIX has the beginning of a long path.
  const isPosix = isUstar && header[262] === 0;
  const prefix = isPosix ? textIn(header, 345, 155) : "";
  const name = textIn(header, 0, 100);
  return {
    path: (prefix === "" ? name : `${prefix}/${name}`) as ByteString,
    mode: octal(header, 100, 8),
    sizeBytes: octal(header, 124, 12),
    flag: header.toString("latin1", 156, 157),
    target: textIn(header, 157, 100),
  };
}

function textIn(header: Buffer, at: number, length: number): ByteString {
  const field = header.toString("latin1", at, at + length);
  const end = field.indexOf("\0");
  return (end < 0 ? field : field.slice(0, end)) as ByteString;
}

/** Octal digits, or, with the highest bit set, a big-endian number: for files above 8 GiB. */
function octal(header: Buffer, at: number, length: number): number {
  if ((header[at]! & 0x80) !== 0) return Number(header.readBigUInt64BE(at + length - 8));
  const digits = textIn(header, at, length).trim();
  if (!/^[0-7]*$/.test(digits)) throw new BuiltinError("a tar archive has a malformed number");
  return digits === "" ? 0 : Number.parseInt(digits, 8);
}

async function extensionBytes(reader: BlockReader, sizeBytes: number): Promise<Buffer> {
  if (sizeBytes > EXTENSION_BYTES_MAX) throw new BuiltinError("a tar archive has an extended header that is too large");
  const bytes = await reader.take(sizeBytes);
  if (bytes === undefined) throw new BuiltinError("a tar archive ends too soon");
  await reader.skip(padding(sizeBytes));
  return bytes;
}

function parseExtension(flag: string, bytes: Buffer): Extension {
  if (flag !== "x") {
    const text = byteStringFrom(bytes).replace(/\0+$/, "") as ByteString;
    return flag === "L" ? { path: text } : { target: text };
  }
  let extension: Extension = {};
  let rest = byteStringFrom(bytes) as string;
  for (let record = /^([0-9]+) ([^=]+)=/.exec(rest); record !== null; record = /^([0-9]+) ([^=]+)=/.exec(rest)) {
    const length = Number(record[1]);
    if (length <= record[0].length || length > rest.length)
      throw new BuiltinError("a tar archive has a malformed header");
    const value = rest.slice(record[0].length, length - 1) as ByteString;
    if (record[2] === "path") extension = { ...extension, path: value };
    else if (record[2] === "linkpath") extension = { ...extension, target: value };
    else if (record[2] === "size") extension = { ...extension, sizeBytes: Number(value) };
    rest = rest.slice(length);
  }
  return extension;
}

async function drain(pieces: AsyncIterator<Uint8Array>): Promise<void> {
  while ((await pieces.next()).done !== true);
}

/** Takes so many bytes at a time off a stream. */
class BlockReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #held: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** `undefined` at the end. @throws BuiltinError if it ends in the middle. */
  async take(sizeBytes: number): Promise<Buffer | undefined> {
    const pieces: Uint8Array[] = [];
    for await (const piece of this.pieces(sizeBytes, true)) pieces.push(piece);
    const bytes = Buffer.concat(pieces);
    if (bytes.byteLength === sizeBytes) return bytes;
    if (bytes.byteLength > 0) throw new BuiltinError("a tar archive ends too soon");
    return undefined;
  }

  async skip(sizeBytes: number): Promise<void> {
    await drain(this.pieces(sizeBytes, true));
  }

  /** Each once: asked again it goes on where it was left. */
  pieces(sizeBytes: number, mayEnd = false): AsyncIterableIterator<Uint8Array> {
    let left = sizeBytes;
    const next = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
      if (left === 0) return { done: true, value: undefined };
      while (this.#held.byteLength === 0) {
        const result = await this.#source.next();
        if (result.done === true) {
          if (!mayEnd) throw new BuiltinError("a tar archive ends too soon");
          return { done: true, value: undefined };
        }
        this.#held = Buffer.from(result.value.buffer, result.value.byteOffset, result.value.byteLength);
      }
      const piece = this.#held.subarray(0, left);
      this.#held = this.#held.subarray(piece.byteLength);
      left -= piece.byteLength;
      return { done: false, value: piece };
    };
    const iterator: AsyncIterableIterator<Uint8Array> = { next, [Symbol.asyncIterator]: () => iterator };
    return iterator;
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }
}
