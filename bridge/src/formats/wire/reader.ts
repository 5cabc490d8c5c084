import type { ByteString } from "../bytes/byte-string.js";
import { WireError } from "./error.js";

/** The wire types of protobuf. */
const WireType = { Varint: 0, Fixed64: 1, Length: 2, StartGroup: 3, EndGroup: 4, Fixed32: 5 } as const;

/** Groups inside groups, as protobuf implementations allow. Only unknown fields can be groups, so nothing of ours is this deep. */
const GROUP_DEPTH_MAX = 100;
const VARINT_BYTES_MAX = 10;

/**
 * Reads one protobuf message from memory: `next` moves to a field, one of the value methods takes its value, `skip` passes it over.
 * Views into the bytes are handed out, not copies.
 *
 * Source: https://protobuf.dev/programming-guides/encoding/
 */
export class WireReader {
  /** Number of the current field. */
  field = 0;
  readonly #buffer: Buffer;
  #position: number;
  readonly #end: number;
  #wireType = 0;
  #low = 0;
  #high = 0;

  constructor(bytes: Uint8Array, start = 0, end = bytes.byteLength) {
    this.#buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#position = start;
    this.#end = end;
  }

  /** Position in the bytes given at first, for messages nested too. */
  get offset(): number {
    return this.#position;
  }

  /**
   * Moves to the next field.
   *
   * @returns false at the end of the message.
   * @throws WireError for a malformed key.
   */
  next(): boolean {
    if (this.#position >= this.#end) return false;
    this.#varint();
    const key = this.#low;
    this.field = key >>> 3;
    this.#wireType = key & 7;
    if (this.#high !== 0 || this.field === 0) throw this.#error("field number out of range");
    return true;
  }

  /** Whether the value of the field has a length: a repeated number may be written one by one or packed. */
  get isLengthDelimited(): boolean {
    return this.#wireType === WireType.Length;
  }

  /** Whether a packed field, read as a message of its own, holds another number. */
  more(): boolean {
    return this.#position < this.#end;
  }

  /** The next number of a packed field, as {@link int32}. */
  packedInt32(): number {
    this.#varint();
    return this.#low | 0;
  }

  /** The value of a `bytes` field, as a view. */
  bytes(): Buffer {
    const size = this.#length();
    const from = this.#position;
    this.#position += size;
    return this.#buffer.subarray(from, this.#position);
  }

  /** The value of a `bytes` or `string` field, raw. */
  byteString(): ByteString {
    const size = this.#length();
    const from = this.#position;
    this.#position += size;
    return this.#buffer.toString("latin1", from, this.#position) as ByteString;
  }

  /** The value of a `bytes` field as lower-case hex. */
  hex(): string {
    const size = this.#length();
    const from = this.#position;
    this.#position += size;
    return this.#buffer.toString("hex", from, this.#position);
  }

  /** A reader for the message that is the value of the field. */
  message(): WireReader {
    const size = this.#length();
    const from = this.#position;
    this.#position += size;
    return new WireReader(this.#buffer, from, this.#position);
  }

  /** An unsigned integer. Above 2^53 it is rounded, and surely no safe integer; a negative one reads as such a large one. */
  uint64(): number {
    this.#expect(WireType.Varint);
    this.#varint();
    return this.#high * 2 ** 32 + this.#low;
  }

  /** A signed integer; rounded outside the safe integers. */
  int64(): number {
    this.#expect(WireType.Varint);
    this.#varint();
    return (this.#high | 0) * 2 ** 32 + this.#low;
  }

  /** A signed 32-bit integer or enum value; higher bits are dropped, as protobuf wants. */
  int32(): number {
    this.#expect(WireType.Varint);
    this.#varint();
    return this.#low | 0;
  }

  /** A truth value: any number but 0 is true. */
  bool(): boolean {
    this.#expect(WireType.Varint);
    this.#varint();
    return this.#low !== 0 || this.#high !== 0;
  }

  /** Passes over the value of a field that is not known. */
  skip(): void {
    if (this.#wireType === WireType.StartGroup) this.#skipGroup();
    else this.#skipScalar();
  }

  #skipGroup(): void {
    const open = [this.field];
    while (open.length > 0) {
      if (!this.next()) throw this.#error("message ends inside a group");
      if (this.#wireType === WireType.StartGroup) {
        if (open.length >= GROUP_DEPTH_MAX) throw this.#error(`groups nested deeper than ${String(GROUP_DEPTH_MAX)}`);
        open.push(this.field);
      } else if (this.#wireType === WireType.EndGroup) {
        if (open.pop() !== this.field) throw this.#error("end of a group that was not begun");
      } else this.#skipScalar();
    }
  }

  #skipScalar(): void {
    if (this.#wireType === WireType.Varint) this.#varint();
    else if (this.#wireType === WireType.Length) this.#advance(this.#length());
    else if (this.#wireType === WireType.Fixed64) this.#advance(8);
    else if (this.#wireType === WireType.Fixed32) this.#advance(4);
    else throw this.#error(`unknown wire type ${String(this.#wireType)}`);
  }

  #advance(size: number): void {
    if (size > this.#end - this.#position) throw this.#error("message ends inside a field");
    this.#position += size;
  }

  #length(): number {
    this.#expect(WireType.Length);
    this.#varint();
    if (this.#high !== 0 || this.#low > this.#end - this.#position)
      throw this.#error("length goes beyond the end of the message");
    return this.#low;
  }

  #expect(wireType: number): void {
    if (this.#wireType !== wireType)
      throw this.#error(`field ${String(this.field)} has wire type ${String(this.#wireType)}, not ${String(wireType)}`);
  }

  #varint(): void {
    const first = this.#buffer[this.#position] ?? 0;
    if (first < 0x80 && this.#position < this.#end) {
      this.#low = first;
      this.#high = 0;
      this.#position++;
      return;
    }
    let [low, high] = [0, 0];
    for (let i = 0; i < VARINT_BYTES_MAX; i++) {
      if (this.#position >= this.#end) throw this.#error("message ends inside a varint");
      const byte = this.#buffer[this.#position++] ?? 0;
      const bits = byte & 0x7f;
      if (i < 4) low |= bits << (7 * i);
      else if (i === 4) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (7 * i - 32);
      if (byte < 0x80) {
        this.#low = low >>> 0;
        this.#high = high >>> 0;
        return;
      }
    }
    throw this.#error(`varint longer than ${String(VARINT_BYTES_MAX)} bytes`);
  }

  #error(message: string): WireError {
    return new WireError(this.#position, message);
  }
}
