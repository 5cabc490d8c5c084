import type { ByteString } from "../bytes/byte-string.js";
import { paddingOf } from "./tokens.js";

/** From this size on a chunk is worth handing on: what a stage of a pipeline costs per chunk is little beside it. */
const CHUNK_BYTES = 64 * 1024;
/** Pieces from this size on pass without being copied. */
const PASS_BYTES = 32 * 1024;
/** Room for what may be added before a chunk is found to be full: one piece, and a target (4095 bytes) with the tokens around it. */
const CAPACITY_BYTES = CHUNK_BYTES + PASS_BYTES + 8 * 1024;
/** Enough for a small archive, and little enough to come from Node's pool. A larger one gets the full capacity. */
const FIRST_BYTES = 4000;
/** Below this a loop beats a native call. */
const LOOP_BYTES_MAX = 64;

/** Joins small pieces into chunks of 64 KiB or a little more. The caller takes the chunk when `isFull`, and never again writes to it. */
export class ByteJoiner {
  /** Bytes written since the beginning. */
  offset = 0;
  #buffer: Buffer = Buffer.allocUnsafe(FIRST_BYTES);
  #length = 0;

  /** Whether the chunk should be taken now. */
  get isFull(): boolean {
    return this.#length >= CHUNK_BYTES;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** Whether a piece should be handed on as it is, after the chunk was taken. */
  static passes(piece: Uint8Array): boolean {
    return piece.byteLength >= PASS_BYTES;
  }

  take(): Uint8Array {
    const chunk = this.#buffer.subarray(0, this.#length);
    this.#buffer = this.#buffer.subarray(this.#length);
    this.#length = 0;
    return chunk;
  }

  /** Copies a small piece. */
  add(piece: Uint8Array): void {
    const size = piece.byteLength;
    const buffer = this.#ready(size);
    if (size <= LOOP_BYTES_MAX) for (let i = 0; i < size; i++) buffer[this.#length + i] = piece[i]!;
    else buffer.set(piece, this.#length);
    this.#advance(size);
  }

  /** A string of the archive: length, bytes, padding. */
  addString(value: ByteString): void {
    this.addSize(value.length);
    const buffer = this.#ready(value.length);
    if (value.length <= LOOP_BYTES_MAX)
      for (let i = 0; i < value.length; i++) buffer[this.#length + i] = value.charCodeAt(i);
    else buffer.write(value, this.#length, "latin1");
    this.#advance(value.length);
    this.addPadding(value.length);
  }

  /** A length. */
  addSize(sizeBytes: number): void {
    const buffer = this.#ready(8);
    buffer.writeUInt32LE(sizeBytes % 2 ** 32, this.#length);
    buffer.writeUInt32LE(Math.floor(sizeBytes / 2 ** 32), this.#length + 4);
    this.#advance(8);
  }

  /** The zero bytes after a string of that length. */
  addPadding(sizeBytes: number): void {
    const padding = paddingOf(sizeBytes);
    const buffer = this.#ready(padding);
    for (let i = 0; i < padding; i++) buffer[this.#length + i] = 0;
    this.#advance(padding);
  }

  /** Counts a piece that is handed on as it is. */
  pass(piece: Uint8Array): void {
    this.offset += piece.byteLength;
  }

  /** A buffer with room for so many bytes more. */
  #ready(size: number): Buffer {
    if (this.#length + size > this.#buffer.byteLength) {
      const larger = Buffer.allocUnsafeSlow(Math.max(CAPACITY_BYTES, this.#length + size));
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    return this.#buffer;
  }

  #advance(size: number): void {
    this.#length += size;
    this.offset += size;
  }
}
