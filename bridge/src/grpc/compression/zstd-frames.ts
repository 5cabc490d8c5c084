import { Code, StatusError } from "../../status/index.js";

/** A part of a frame's bytes. */
export interface FramePart {
  readonly bytes: Uint8Array;
  /** Whether the frame ends with it. */
  readonly endsFrame: boolean;
}

const MAGIC = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd);
const MAGIC_NUMBER = 0xfd2fb528;
/** Of skippable frames, without the lowest four bits. */
const SKIPPABLE = 0x184d2a50;

/** The longest block, as its header says it. */
const BLOCK_BYTES_MAX = 128 * 1024;

type Phase = "magic" | "skip-size" | "skip" | "descriptor" | "header" | "block-header" | "block" | "checksum";

/**
 * Finds where the frames of a zstd stream begin and end, because the library does not tell what it left unread: it takes a second frame or
 * garbage behind the first for the end of the input, or not, as the pieces happen to be cut. Skippable frames are passed over.
 *
 * Errors: StatusError InvalidArgument. Source: RFC 8878.
 */
export class ZstdFrameSplitter {
  /** Whole frames so far, skippable ones included. */
  frames = 0;
  #phase: Phase = "magic";
  /** Bytes of the current phase that are still to come. */
  #left = 4;
  #value = 0;
  #shift = 0;
  #hasChecksum = false;
  #isLastBlock = false;

  /** Takes the next piece, and returns what of it belongs to frames. */
  push(piece: Uint8Array): FramePart[] {
    const parts: FramePart[] = [];
    let from = -1; // Where in the piece the open part begins.
    if (this.#isInFrame()) from = 0;
    for (let at = 0; at < piece.byteLength;) {
      if (this.#phase === "skip" || this.#phase === "header" || this.#phase === "block" || this.#phase === "checksum") {
        const step = Math.min(this.#left, piece.byteLength - at);
        at += step;
        this.#left -= step;
      } else {
        this.#value += piece[at++]! * 2 ** this.#shift;
        this.#shift += 8;
        this.#left--;
      }
      while (this.#left === 0) {
        const before = this.#phase;
        this.#advance();
        if (before === "magic" && this.#phase === "descriptor") {
          parts.push({ bytes: MAGIC, endsFrame: false });
          from = at;
        }
        if (this.#phase === "magic" && from >= 0) {
          parts.push({ bytes: piece.subarray(from, at), endsFrame: true });
          from = -1;
        }
      }
    }
    if (from >= 0 && from < piece.byteLength) parts.push({ bytes: piece.subarray(from), endsFrame: false });
    return parts;
  }

  /** Says that the input has ended. @throws StatusError InvalidArgument if that is inside a frame, or before the first one. */
  end(): void {
    if (this.#phase !== "magic" || this.#left !== 4) throw invalid("it ends inside a frame");
    if (this.frames === 0) throw invalid("it is empty");
  }

  #isInFrame(): boolean {
    return this.#phase !== "magic" && this.#phase !== "skip-size" && this.#phase !== "skip";
  }

  #enter(phase: Phase, left: number): void {
    this.#phase = phase;
    this.#left = left;
    this.#value = 0;
    this.#shift = 0;
  }

  #endFrame(): void {
    this.frames++;
    this.#enter("magic", 4);
  }

  /** All bytes of a phase have come. */
  #advance(): void {
    const value = this.#value;
    switch (this.#phase) {
      case "magic":
        if (value === MAGIC_NUMBER) this.#enter("descriptor", 1);
        else if (value - (value % 16) === SKIPPABLE) this.#enter("skip-size", 4);
        else throw invalid(this.frames === 0 ? "it is no zstd frame" : "something else follows its last frame");
        return;
      case "skip-size":
        this.#enter("skip", value);
        return;
      case "skip":
        this.#endFrame();
        return;
      case "descriptor": {
        const isSingleSegment = (value & 0x20) !== 0;
        this.#hasChecksum = (value & 0x04) !== 0;
        const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][value >> 6]!;
        const dictionaryBytes = [0, 1, 2, 4][value & 3]!;
        if (dictionaryBytes > 0) throw invalid("it needs a dictionary");
        this.#enter("header", (isSingleSegment ? 0 : 1) + sizeBytes);
        return;
      }
      case "header":
        this.#enter("block-header", 3);
        return;
      case "block-header": {
        this.#isLastBlock = (value & 1) !== 0;
        const type = (value >> 1) & 3;
        const size = value >> 3;
        if (type === 3) throw invalid("a block has a reserved type");
        if (size > BLOCK_BYTES_MAX) throw invalid("a block is too large");
        this.#enter("block", type === 1 ? 1 : size);
        return;
      }
      case "block":
        if (!this.#isLastBlock) this.#enter("block-header", 3);
        else if (this.#hasChecksum) this.#enter("checksum", 4);
        else this.#endFrame();
        return;
      case "checksum":
        this.#endFrame();
    }
  }
}

/** What is said of bytes that are not what zstd writes. */
export function invalid(what: string): StatusError {
  return new StatusError(Code.InvalidArgument, `the compressed data is not valid zstd: ${what}`);
}
