/** Writes the fields of a compact record one after the other. Little endian; strings are latin1 (byte strings and ASCII), length first. */
export class RecordWriter {
  readonly #parts: Buffer[] = [];

  u8(value: number): this {
    this.#parts.push(Buffer.from([value]));
    return this;
  }

  u32(value: number): this {
    const bytes = Buffer.allocUnsafe(4);
    bytes.writeUInt32LE(value);
    this.#parts.push(bytes);
    return this;
  }

  u48(value: number): this {
    const bytes = Buffer.allocUnsafe(6);
    bytes.writeUIntLE(value, 0, 6);
    this.#parts.push(bytes);
    return this;
  }

  hex(digits: string): this {
    this.#parts.push(Buffer.from(digits, "hex"));
    return this;
  }

  string(value: string): this {
    this.u32(value.length);
    this.#parts.push(Buffer.from(value, "latin1"));
    return this;
  }

  strings(values: readonly string[]): this {
    this.u32(values.length);
    for (const value of values) this.string(value);
    return this;
  }

  finish(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

/** Reads what a {@link RecordWriter} wrote. A record of another form throws a RangeError: it is our own, so that is a bug or a torn disk. */
export class RecordReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = at;
  }

  u8(): number {
    return this.#bytes.readUInt8(this.#take(1));
  }

  u32(): number {
    return this.#bytes.readUInt32LE(this.#take(4));
  }

  u48(): number {
    return this.#bytes.readUIntLE(this.#take(6), 6);
  }

  hex(byteLength: number): string {
    const at = this.#take(byteLength);
    return this.#bytes.toString("hex", at, at + byteLength);
  }

  string(): string {
    const length = this.u32();
    const at = this.#take(length);
    return this.#bytes.toString("latin1", at, at + length);
  }

  strings(): string[] {
    const count = this.u32();
    const values: string[] = [];
    for (let i = 0; i < count; i++) values.push(this.string());
    return values;
  }

  #take(byteLength: number): number {
    const at = this.#at;
    this.#at += byteLength;
    if (this.#at > this.#bytes.byteLength) throw new RangeError("a record of the index is too short");
    return at;
  }
}
