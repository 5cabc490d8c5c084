import { Code, StatusError } from "../../status/index.js";

/** Before each message: one byte that says whether it is compressed, and its length, big-endian. */
export const PREFIX_BYTES = 5;

const nothing = Buffer.alloc(0);

/** Memory for a message that comes in pieces is taken for so many times what has come, and at least {@link HELD_BYTES_MIN}. */
const HELD_GROWTH = 8;
const HELD_BYTES_MIN = 4096;

/**
 * Cuts a stream of bytes into gRPC messages. Messages that arrive in one piece are views into it; the pieces of others are copied together as they
 * come, so that none is held: each is part of what the kernel gave us at once, and a message could come a byte at a time.
 *
 * Source: gRPC over HTTP/2, "Length-Prefixed-Message".
 */
export class MessageReader {
  readonly #sizeBytesMax: number;
  /** The beginning of a message, prefix included. */
  #held: Buffer = nothing;
  #heldBytes = 0;

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
    const messages: Buffer[] = [];
    let at = 0;
    while (this.#heldBytes > 0 && at < piece.byteLength) {
      at += this.#hold(piece, at, this.#wantedBytes());
      const endBytes = this.#wantedBytes();
      if (this.#heldBytes < endBytes || this.#heldBytes < PREFIX_BYTES) continue;
      messages.push(this.#held.subarray(PREFIX_BYTES, endBytes));
      this.#held = nothing;
      this.#heldBytes = 0;
    }
    while (piece.byteLength - at >= PREFIX_BYTES) {
      const end = at + PREFIX_BYTES + this.#readPrefix(piece, at);
      if (piece.byteLength < end) break;
      messages.push(piece.subarray(at + PREFIX_BYTES, end));
      at = end;
    }
    if (at < piece.byteLength) {
      const left = piece.byteLength - at;
      this.#hold(piece, at, left < PREFIX_BYTES ? PREFIX_BYTES : PREFIX_BYTES + this.#readPrefix(piece, at));
    }
    return messages;
  }

  /** How far the message goes that has begun, as far as is known. */
  #wantedBytes(): number {
    return this.#heldBytes < PREFIX_BYTES ? PREFIX_BYTES : PREFIX_BYTES + this.#readPrefix(this.#held, 0);
  }

  /** Takes what belongs to the message that has begun. @returns how many bytes that were. */
  #hold(piece: Buffer, at: number, wantedBytes: number): number {
    const taken = Math.min(piece.byteLength - at, wantedBytes - this.#heldBytes);
    const neededBytes = this.#heldBytes + taken;
    if (neededBytes > this.#held.byteLength) {
      // Not all that was announced: whoever announces much and sends little does not get the memory.
      const grown = Buffer.allocUnsafeSlow(
        Math.max(neededBytes, Math.min(wantedBytes, Math.max(HELD_GROWTH * neededBytes, HELD_BYTES_MIN))),
      );
      grown.set(this.#held.subarray(0, this.#heldBytes));
      this.#held = grown;
    }
    this.#held.set(piece.subarray(at, at + taken), this.#heldBytes);
    this.#heldBytes += taken;
    return taken;
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

/**
 * The pieces to write for one message.
 *
 * @param parts - The message, which may come in several: what is only passed on need not be copied.
 */
export function framed(...parts: readonly Uint8Array[]): readonly Uint8Array[] {
  let sizeBytes = 0;
  for (const part of parts) sizeBytes += part.byteLength;
  // A short first part is joined with the prefix, and everything that is short as a whole.
  const joined = sizeBytes <= COPIED_BYTES_MAX ? parts.length : parts[0]!.byteLength <= COPIED_BYTES_MAX ? 1 : 0;
  let joinedBytes = 0;
  for (let i = 0; i < joined; i++) joinedBytes += parts[i]!.byteLength;
  const head = Buffer.allocUnsafe(PREFIX_BYTES + joinedBytes);
  head[0] = 0;
  head.writeUInt32BE(sizeBytes, 1);
  let at = PREFIX_BYTES;
  for (let i = 0; i < joined; i++) {
    head.set(parts[i]!, at);
    at += parts[i]!.byteLength;
  }
  return [head, ...parts.slice(joined)];
}
