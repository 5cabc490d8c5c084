import { ReapiError } from "./error.js";

/** One directory of a `Tree`: the bytes of its `Directory` message, whose hash is the digest by which parents name it. */
export interface TreeRecord {
  readonly kind: "root" | "child";
  readonly bytes: Uint8Array;
}

/** The longest a directory may be by default: half a million children of ordinary names. A longer one would fill the memory unseen. */
const DIRECTORY_BYTES_MAX = 64 * 1024 * 1024;
const VARINT_BYTES_MAX = 10;
/** Key and length of a record. */
const HEADER_BYTES_MAX = 2 * VARINT_BYTES_MAX;
/** `root = 1` and `children = 2`, both of wire type 2. */
const ROOT_KEY = 0x0a;
const CHILD_KEY = 0x12;

/**
 * Reads a `Tree` message that comes in pieces: trees can be larger than is good for memory, their directories are not. Yields views of
 * the pieces where a directory lies in one. Fields of the message that are not known are passed over.
 */
export class TreeDecoder {
  readonly #directoryBytesMax: number;
  /** Copies of what is not yet a whole record, and how long the record is as far as that is known. */
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #wantedBytes = 0;
  #offset = 0;
  #hasRoot = false;

  constructor(options: { readonly directoryBytesMax?: number } = {}) {
    this.#directoryBytesMax = options.directoryBytesMax ?? DIRECTORY_BYTES_MAX;
  }

  /**
   * Takes the next piece.
   *
   * @returns the directories that are complete now.
   * @throws ReapiError
   */
  push(piece: Uint8Array): TreeRecord[] {
    if (this.#pendingBytes + piece.byteLength < this.#wantedBytes) {
      this.#keep(piece);
      return [];
    }
    const bytes = this.#pendingBytes === 0 ? piece : Buffer.concat([...this.#pending, piece]);
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#wantedBytes = 0;
    const records: TreeRecord[] = [];
    let position = 0;
    for (let end = this.#record(bytes, 0, records); end !== undefined; end = this.#record(bytes, position, records)) {
      this.#offset += end - position;
      position = end;
    }
    if (position < bytes.byteLength) this.#keep(bytes.subarray(position));
    return records;
  }

  /** @throws ReapiError if the message is incomplete, or has no root. */
  end(): void {
    if (this.#pendingBytes !== 0) throw this.#error("message ends inside a field");
    if (!this.#hasRoot) throw this.#error("root is missing");
  }

  /** Copies, for the producer may use the memory of its piece again. */
  #keep(piece: Uint8Array): void {
    this.#pending.push(Uint8Array.prototype.slice.call(piece));
    this.#pendingBytes += piece.byteLength;
  }

  /** Reads the record at `start`, and returns where it ends; undefined if it is not all there. */
  #record(bytes: Uint8Array, start: number, records: TreeRecord[]): number | undefined {
    const key = readVarint(bytes, start);
    const value = key && readVarint(bytes, key.end);
    if (key === undefined || value === undefined) {
      if (bytes.byteLength - start >= HEADER_BYTES_MAX) throw this.#error("malformed field");
      return undefined;
    }
    if (key.value < 8 || key.value >= 2 ** 32) throw this.#error("field number out of range");
    const { sizeBytes, bodyAt } = bodyOf(key, value) ?? {};
    if (sizeBytes === undefined || bodyAt === undefined) throw this.#error("unknown wire type");
    if (sizeBytes > this.#directoryBytesMax)
      throw this.#error(`field is longer than ${String(this.#directoryBytesMax)} bytes`);
    const end = bodyAt + sizeBytes;
    if (end > bytes.byteLength) {
      this.#wantedBytes = end - start;
      return undefined;
    }
    if (key.value === ROOT_KEY) {
      if (this.#hasRoot) throw this.#error("root is given twice");
      this.#hasRoot = true;
    }
    if (key.value === ROOT_KEY || key.value === CHILD_KEY)
      records.push({ kind: key.value === ROOT_KEY ? "root" : "child", bytes: bytes.subarray(bodyAt, end) });
    return end;
  }

  #error(message: string): ReapiError {
    return new ReapiError(`Tree: ${message}`, { offset: this.#offset });
  }
}

interface Varint {
  readonly value: number;
  readonly end: number;
}

/** What follows a key, by its wire type; undefined for groups, which nobody writes any more. */
function bodyOf(key: Varint, value: Varint): { sizeBytes: number; bodyAt: number } | undefined {
  switch (key.value % 8) {
    case 0:
      return { sizeBytes: 0, bodyAt: value.end };
    case 1:
      return { sizeBytes: 8, bodyAt: key.end };
    case 2:
      return { sizeBytes: value.value, bodyAt: value.end };
    case 5:
      return { sizeBytes: 4, bodyAt: key.end };
    default:
      return undefined;
  }
}

/** Undefined if the bytes end within it, or it is too long. */
function readVarint(bytes: Uint8Array, start: number): Varint | undefined {
  let value = 0;
  for (let i = 0; i < VARINT_BYTES_MAX; i++) {
    const byte = bytes[start + i];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: start + i + 1 };
  }
  return undefined;
}
