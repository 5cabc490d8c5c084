import { Code, StatusError } from "../../status/index.js";

/** Before each message: one byte that says whether it is compressed, and its length, big-endian. */
export const PREFIX_BYTES = 5;

/** Shorter pieces of a message do not stay by themselves. */
const CRUMB_BYTES = 4096;

/**
 * Cuts a stream of bytes into gRPC messages. Messages that arrive in one piece are views into it.
 *
 * Source: gRPC over HTTP/2, "Length-Prefixed-Message".
 */
export class MessageReader {
  readonly #sizeBytesMax: number;
  #pieces: Buffer[] = [];
  #heldBytes = 0;
  #sizeBytes = -1;

  /** @param sizeBytesMax - of one message. */
  constructor(sizeBytesMax: number) {
    this.#sizeBytesMax = sizeBytesMax;
  }

  /** Whether a message has begun and not ended. */
  get isInside(): boolean {
    return this.#heldBytes > 0;
  }

  /**
   * @returns the messages that are complete now.
   * @throws StatusError ResourceExhausted for a message over the limit, before it has come; Unimplemented for a compressed one.
   */
  push(piece: Buffer): Buffer[] {
    let bytes = piece;
    if (this.#heldBytes > 0) {
      this.#hold(piece);
      const wanted = this.#sizeBytes < 0 ? PREFIX_BYTES : PREFIX_BYTES + this.#sizeBytes;
      if (this.#heldBytes < wanted) return [];
      bytes = Buffer.concat(this.#pieces);
      this.#pieces = [];
      this.#heldBytes = 0;
    }
    const messages: Buffer[] = [];
    let at = 0;
    while (bytes.byteLength - at >= PREFIX_BYTES) {
      this.#sizeBytes = this.#readPrefix(bytes, at);
      const end = at + PREFIX_BYTES + this.#sizeBytes;
      if (bytes.byteLength < end) break;
      messages.push(bytes.subarray(at + PREFIX_BYTES, end));
      this.#sizeBytes = -1;
      at = end;
    }
    if (at < bytes.byteLength) {
      this.#pieces = [at === 0 ? bytes : bytes.subarray(at)];
      this.#heldBytes = bytes.byteLength - at;
    }
    return messages;
  }

  /** Crumbs are gathered: each piece costs some two hundred bytes beside its own, and a message could come a byte at a time. */
  #hold(piece: Buffer): void {
    this.#heldBytes += piece.byteLength;
    let last = piece;
    for (let before = this.#pieces.at(-1); before !== undefined; before = this.#pieces.at(-1)) {
      if (before.byteLength >= CRUMB_BYTES || before.byteLength > 2 * last.byteLength) break;
      this.#pieces.pop();
      last = Buffer.concat([before, last]);
    }
    this.#pieces.push(last);
  }

  #readPrefix(bytes: Buffer, at: number): number {
    if (bytes[at] !== 0)
      throw new StatusError(
        Code.Unimplemented,
        "compressed messages are not taken here; send them with grpc-encoding identity",
      );
    const sizeBytes = bytes.readUInt32BE(at + 1);
    if (sizeBytes > this.#sizeBytesMax)
      throw new StatusError(
        Code.ResourceExhausted,
        `a message of ${String(sizeBytes)} bytes is over this server's limit of ${String(this.#sizeBytesMax)}`,
      );
    return sizeBytes;
  }
}

/** Copying a small message beside its prefix costs less than a second write. */
const COPIED_BYTES_MAX = 16_384;

/** The pieces to write for one message. */
export function framed(message: Uint8Array): readonly Uint8Array[] {
  const size = message.byteLength;
  const isCopied = size <= COPIED_BYTES_MAX;
  const head = Buffer.allocUnsafe(isCopied ? PREFIX_BYTES + size : PREFIX_BYTES);
  head[0] = 0;
  head.writeUInt32BE(size, 1);
  if (!isCopied) return [head, message];
  head.set(message, PREFIX_BYTES);
  return [head];
}
