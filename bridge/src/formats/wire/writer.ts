import type { ByteString } from "../bytes/byte-string.js";

/** Enough for most directories: a castore entry takes some 50 bytes. */
const INITIAL_BYTES = 1024;
/** The longest varint that a length needs: lengths are below 2^32. */
const VARINT32_BYTES_MAX = 5;
const VARINT64_BYTES_MAX = 10;

/**
 * Writes canonical protobuf: the caller writes fields in the order of their numbers; proto3 defaults are left out, unless the method says
 * otherwise. Used for one message: after `finish` it is spent.
 *
 * Source: https://protobuf.dev/programming-guides/encoding/
 */
export class WireWriter {
  #buffer: Buffer;
  #length = 0;

  /** @param sizeHint about how long the message will be: a right guess saves copying. */
  constructor(sizeHint = INITIAL_BYTES) {
    this.#buffer = Buffer.allocUnsafe(sizeHint);
  }

  /** The message. A view of memory that belongs to the caller from now on. */
  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** A `bytes` field; left out when empty. */
  bytes(field: number, value: Uint8Array): void {
    if (value.byteLength !== 0) this.presentBytes(field, value);
  }

  /** A `bytes` field or an encoded message with presence: written even when empty. */
  presentBytes(field: number, value: Uint8Array): void {
    this.#reserve(2 * VARINT32_BYTES_MAX + value.byteLength);
    this.#varint32(((field << 3) | 2) >>> 0);
    this.#varint32(value.byteLength);
    this.#buffer.set(value, this.#length);
    this.#length += value.byteLength;
  }

  /** What stands before the value of a `bytes` field that the caller puts behind it. */
  lengthOf(field: number, sizeBytes: number): void {
    this.#reserve(2 * VARINT32_BYTES_MAX);
    this.#varint32(((field << 3) | 2) >>> 0);
    this.#varint32(sizeBytes);
  }

  /** A `string` or `bytes` field, raw; left out when empty. */
  byteString(field: number, value: ByteString): void {
    if (value.length !== 0) this.presentByteString(field, value);
  }

  /** An element of a repeated `string` or `bytes` field: written even when empty. */
  presentByteString(field: number, value: ByteString): void {
    this.#reserve(2 * VARINT32_BYTES_MAX + value.length);
    this.#varint32(((field << 3) | 2) >>> 0);
    this.#varint32(value.length);
    this.#length += this.#buffer.write(value, this.#length, "latin1");
  }

  /** A `bytes` field given as hex digits. The caller has checked them. */
  hex(field: number, value: string): void {
    const size = value.length >>> 1;
    this.#reserve(2 * VARINT32_BYTES_MAX + size);
    this.#varint32(((field << 3) | 2) >>> 0);
    this.#varint32(size);
    this.#length += this.#buffer.write(value, this.#length, size, "hex");
  }

  /** A `string` field holding text; left out when empty. */
  text(field: number, value: string): void {
    if (value.length !== 0) this.presentText(field, value);
  }

  /** An element of a repeated `string` field: written even when empty. */
  presentText(field: number, value: string): void {
    this.presentBytes(field, Buffer.from(value, "utf8"));
  }

  /** A `bool` field; left out when false. */
  bool(field: number, value: boolean): void {
    if (value) this.int64(field, 1);
  }

  /** An integer field of any signed or unsigned type, at most a safe integer; left out when 0. */
  int64(field: number, value: number): void {
    if (value === 0) return;
    this.#reserve(VARINT32_BYTES_MAX + VARINT64_BYTES_MAX);
    this.#varint32((field << 3) >>> 0);
    const high = Math.floor(value / 2 ** 32);
    if (high === 0) this.#varint32(value);
    else this.#varint64(value - high * 2 ** 32, high >>> 0);
  }

  /** A message field: written even when `write` writes nothing. */
  message(field: number, write: (writer: WireWriter) => void): void {
    this.#reserve(2 * VARINT32_BYTES_MAX);
    this.#varint32(((field << 3) | 2) >>> 0);
    const lengthAt = this.#length++; // One byte for the length is right for most; a longer one moves the body.
    write(this);
    const size = this.#length - lengthAt - 1;
    if (size < 0x80) {
      this.#buffer[lengthAt] = size;
      return;
    }
    const extra = varint32Size(size) - 1;
    this.#reserve(extra);
    this.#buffer.copyWithin(lengthAt + 1 + extra, lengthAt + 1, this.#length);
    this.#length = lengthAt;
    this.#varint32(size);
    this.#length += size;
  }

  #reserve(size: number): void {
    const wanted = this.#length + size;
    if (wanted <= this.#buffer.byteLength) return;
    const grown = Buffer.allocUnsafe(Math.max(wanted, 2 * this.#buffer.byteLength));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
  }

  #varint32(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.#buffer[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#buffer[this.#length++] = rest;
  }

  #varint64(low: number, high: number): void {
    let [lo, hi] = [low, high];
    while (hi !== 0 || lo >= 0x80) {
      this.#buffer[this.#length++] = (lo & 0x7f) | 0x80;
      lo = ((lo >>> 7) | (hi << 25)) >>> 0;
      hi >>>= 7;
    }
    this.#buffer[this.#length++] = lo;
  }
}

function varint32Size(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5;
}
