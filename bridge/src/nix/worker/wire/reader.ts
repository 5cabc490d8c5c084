import type { ByteString } from "../../../formats/index.js";
import { ProtocolError } from "./error.js";
import { AHEAD_BYTES_MAX, LIST_ITEMS_MAX, NAME_BYTES_MAX, REQUEST_BYTES_MAX, TEXT_BYTES_MAX } from "./limits.js";
import type { SharedMemory } from "./shared-memory.js";

/** A number is kept as one: its bytes are not. */
const NUMBER_BYTES = 8;
const NOTHING = new Uint8Array(0);
/** Pieces of a stream: large enough that the cost of each is small. */
const PIECE_BYTES_MAX = 256 * 1024;

/**
 * Reads the primitives of the worker protocol from a stream: numbers are 64 bits, little endian; strings have their length before them, and
 * zeros after them up to a multiple of eight. Every method names what it reads, for the error.
 *
 * Source: Nix, src/libutil/serialise.cc.
 */
export class WireReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = NOTHING;
  #ahead: Uint8Array[] = [];
  #next: Promise<IteratorResult<Uint8Array>> | undefined;
  #ended = false;
  #budgetBytes = REQUEST_BYTES_MAX;
  #heldBytes = 0;
  readonly #memory: SharedMemory | undefined;

  /** @param memory - Counts what is held with what others hold. */
  constructor(source: AsyncIterable<Uint8Array>, memory?: SharedMemory) {
    this.#source = source[Symbol.asyncIterator]();
    this.#memory = memory;
  }

  /** A new request begins: the bound on what one may hold counts anew. */
  beginRequest(): void {
    this.#budgetBytes = REQUEST_BYTES_MAX;
    this.#memory?.give(this.#heldBytes);
    this.#heldBytes = 0;
  }

  /** A new frame of contents begins, of any number of them: what it says of itself is not held. */
  beginFrame(): void {
    this.#budgetBytes = REQUEST_BYTES_MAX - this.#heldBytes;
  }

  /** Whether nothing follows. Waits for a byte, or the end. */
  async atEnd(): Promise<boolean> {
    while (this.#chunk.byteLength === 0) if (!(await this.#pull())) return true;
    return false;
  }

  /**
   * Waits for the peer to hang up, which is seen only by reading: what it sends meanwhile is kept, up to a limit, beyond which it is not read
   * any more until it is asked for. Nothing else may be read before `stop` aborts.
   *
   * @returns whether it has hung up; otherwise `stop` came first, or it sent too much to go on.
   */
  async hungUp(stop: AbortSignal): Promise<boolean> {
    let aheadBytes = this.#ahead.reduce((sum, { byteLength }) => sum + byteLength, 0);
    while (!stop.aborted && aheadBytes <= AHEAD_BYTES_MAX) {
      const next = (this.#next ??= this.#source.next());
      try {
        const result = await next;
        if (isAborted(stop)) return false; // Whoever reads now takes it.
        if (result.done === true) return true;
        this.#next = undefined;
        this.#ahead.push(result.value);
        aheadBytes += result.value.byteLength;
      } catch {
        return true; // Whoever reads next is told why.
      }
    }
    return false;
  }

  /** A number as it is. */
  async big(what: string): Promise<bigint> {
    const bytes = await this.#exactly(8, what);
    return Buffer.from(bytes.buffer, bytes.byteOffset, 8).readBigUInt64LE(0);
  }

  /** A number that is at most `max`. @throws ProtocolError */
  async number(what: string, max = Number.MAX_SAFE_INTEGER): Promise<number> {
    const value = await this.big(what);
    if (value > BigInt(max)) throw new ProtocolError(`${what}: ${String(value)} is larger than ${String(max)}`);
    return Number(value);
  }

  /** A number of bytes or seconds, where the largest one means "no limit" and stands for all that are larger than we can count. */
  async amount(what: string): Promise<number> {
    const value = await this.big(what);
    return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value);
  }

  /** Anything but zero is true. */
  async bool(what: string): Promise<boolean> {
    return (await this.big(what)) !== 0n;
  }

  /** A string of bytes. @throws ProtocolError if it is longer, cut off, or its padding is not zero. */
  async bytes(what: string, max = TEXT_BYTES_MAX): Promise<Uint8Array> {
    const size = await this.number(`length of ${what}`);
    if (size > max)
      throw new ProtocolError(`${what} is too long: ${String(size)} bytes, where ${String(max)} are allowed`);
    const bytes = await this.#exactly(size, what);
    const padding = await this.#exactly((8 - (size % 8)) % 8, `padding of ${what}`);
    if (padding.some((byte) => byte !== 0)) throw new ProtocolError(`${what}: non-zero padding`);
    return bytes;
  }

  async byteString(what: string, max = TEXT_BYTES_MAX): Promise<ByteString> {
    const bytes = await this.bytes(what, max);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1") as ByteString;
  }

  /** A text; bytes that are not UTF-8 become U+FFFD. */
  async text(what: string, max = NAME_BYTES_MAX): Promise<string> {
    const bytes = await this.bytes(what, max);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  }

  /** A list whose items `item` reads. */
  async list<T>(what: string, item: () => Promise<T>, max = LIST_ITEMS_MAX): Promise<T[]> {
    const count = await this.number(`number of ${what}`);
    if (count > max) throw new ProtocolError(`too many ${what}: ${String(count)}, where ${String(max)} are allowed`);
    const items: T[] = [];
    for (let i = 0; i < count; i++) items.push(await item());
    return items;
  }

  /** So many bytes, in pieces. They do not count as held. @throws ProtocolError if there are fewer. */
  async *raw(sizeBytes: number, what: string): AsyncGenerator<Uint8Array, void, undefined> {
    let left = sizeBytes;
    while (left > 0) {
      const piece = await this.some(left);
      if (piece === undefined) throw endOf(what);
      left -= piece.byteLength;
      yield piece;
    }
  }

  /** Some bytes, at most `max`; `undefined` at the end. They do not count as held. */
  async some(max = PIECE_BYTES_MAX): Promise<Uint8Array | undefined> {
    return (await this.atEnd()) ? undefined : this.#take(Math.min(max, PIECE_BYTES_MAX));
  }

  /** Puts the end of what `some` gave back, for a format that knows its own end. */
  giveBack(rest: Uint8Array): void {
    if (rest.byteLength === 0) return;
    if (this.#chunk.byteLength > 0) this.#ahead.unshift(this.#chunk);
    this.#chunk = rest;
  }

  /** Lets the source go. */
  async close(): Promise<void> {
    this.beginRequest();
    await this.#source.return?.();
  }

  async #exactly(size: number, what: string): Promise<Uint8Array> {
    this.#budgetBytes -= size;
    if (this.#budgetBytes < 0)
      throw new ProtocolError(`the request is too large: more than ${String(REQUEST_BYTES_MAX)} bytes`);
    if (this.#chunk.byteLength >= size) {
      this.#hold(size);
      return this.#take(size);
    }
    // Gathered as it comes: a length alone must not make us allocate.
    const pieces: Uint8Array[] = [];
    let have = 0;
    while (have < size) {
      if (await this.atEnd()) throw endOf(what);
      const piece = this.#take(size - have);
      this.#hold(piece.byteLength);
      pieces.push(piece);
      have += piece.byteLength;
    }
    return Buffer.concat(pieces, size);
  }

  #hold(sizeBytes: number): void {
    if (sizeBytes <= NUMBER_BYTES) return;
    this.#heldBytes += sizeBytes;
    if (this.#memory?.take(sizeBytes, this.#heldBytes) === false)
      throw new ProtocolError("the daemon is busy with large requests; try again later");
  }

  #take(max: number): Uint8Array {
    const taken = this.#chunk.subarray(0, max);
    this.#chunk = this.#chunk.subarray(taken.byteLength);
    return taken;
  }

  async #pull(): Promise<boolean> {
    const ahead = this.#ahead.shift();
    if (ahead !== undefined) {
      this.#chunk = ahead;
      return true;
    }
    if (this.#ended) return false;
    const result = await (this.#next ??= this.#source.next());
    if (result.done === true) {
      this.#ended = true;
      return false;
    }
    this.#next = undefined;
    this.#chunk = result.value;
    return true;
  }
}

/** Asked anew: it may have changed during a wait. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

function endOf(what: string): ProtocolError {
  return new ProtocolError(`unexpected end-of-file while reading ${what}`);
}
