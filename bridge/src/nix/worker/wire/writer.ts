import type { ByteString } from "../../../formats/index.js";

const FIRST_BYTES = 512;

/** Writes the primitives of the worker protocol into one buffer. See `WireReader`. */
export class WireWriter {
  #buffer: Buffer = Buffer.allocUnsafe(FIRST_BYTES);
  #length = 0;

  get sizeBytes(): number {
    return this.#length;
  }

  /** What was written. The writer is empty afterwards. */
  take(): Buffer {
    const taken = this.#buffer.subarray(0, this.#length);
    this.#buffer = this.#buffer.subarray(this.#length);
    this.#length = 0;
    return taken;
  }

  number(value: number): this {
    return this.halves(value % 2 ** 32, Math.floor(value / 2 ** 32));
  }

  /** A number given as its lower and upper 32 bits. */
  halves(low: number, high: number): this {
    const at = this.#grow(8);
    this.#buffer.writeUInt32LE(low, at);
    this.#buffer.writeUInt32LE(high, at + 4);
    return this;
  }

  bool(value: boolean): this {
    return this.number(value ? 1 : 0);
  }

  bytes(value: Uint8Array): this {
    this.number(value.byteLength);
    const at = this.#grow(value.byteLength); // First: it may replace the buffer.
    this.#buffer.set(value, at);
    return this.#pad(value.byteLength);
  }

  byteString(value: ByteString): this {
    this.number(value.length);
    const at = this.#grow(value.length);
    this.#buffer.write(value, at, "latin1");
    return this.#pad(value.length);
  }

  text(value: string): this {
    const sizeBytes = Buffer.byteLength(value);
    this.number(sizeBytes);
    const at = this.#grow(sizeBytes);
    this.#buffer.write(value, at, "utf8");
    return this.#pad(sizeBytes);
  }

  /** A list; `item` writes each. */
  list<T>(items: readonly T[], item: (value: T) => unknown): this {
    this.number(items.length);
    for (const value of items) item(value);
    return this;
  }

  texts(items: readonly string[]): this {
    return this.list(items, (value) => this.text(value));
  }

  #pad(sizeBytes: number): this {
    const padding = (8 - (sizeBytes % 8)) % 8;
    const at = this.#grow(padding);
    this.#buffer.fill(0, at, at + padding);
    return this;
  }

  /** @returns where the new bytes begin. */
  #grow(sizeBytes: number): number {
    const at = this.#length;
    if (at + sizeBytes > this.#buffer.byteLength) {
      const larger = Buffer.allocUnsafe(Math.max(FIRST_BYTES, 2 * (at + sizeBytes)));
      this.#buffer.copy(larger, 0, 0, at);
      this.#buffer = larger;
    }
    this.#length += sizeBytes;
    return at;
  }
}
