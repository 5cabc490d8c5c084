import { displayOf, type ByteString } from "../bytes/byte-string.js";
import { NAME_BYTES_MAX, TARGET_BYTES_MAX, nameProblem } from "../castore/check.js";
import { NarError, describeBytes } from "./error.js";
import type { NarEvent } from "./event.js";
import { CLOSE, ENTRY, NAR_DEPTH_MAX, NODE, ROOT, SYMLINK, isAfter, paddingOf, token } from "./tokens.js";

const NOTHING = Buffer.alloc(0);

/** How the decoder behaves at the end of the archive. */
export interface NarDecoderOptions {
  /** Bytes after the archive are kept for the caller in `rest`, instead of being an error: for archives inside another stream. Default: false. */
  readonly stopAtEnd?: boolean;
}

/** Each state awaits so many bytes (`#need`) and then reads them at once. */
type State =
  | "root"
  | "type"
  | "directory-rest"
  | "regular"
  | "executable-rest"
  | "executable"
  | "size"
  | "contents"
  | "file-end"
  | "target-size"
  | "target"
  | "entry-close"
  | "children"
  | "name-size"
  | "name"
  | "done";

const REGULAR_WORD = token("regular");
const SYMLINK_WORD = token("symlink");
const ENTRY_WORD = token("entry");
const CONTENTS_WORD = token("contents");
/** The parts after the first 16 bytes, where those of several words are told apart. */
const DIRECTORY_WORD = token("directory");
const DIRECTORY_REST = DIRECTORY_WORD.subarray(16);
const EXECUTABLE_WORD = token("executable", "");
const EXECUTABLE_REST = EXECUTABLE_WORD.subarray(16);
const SYMLINK_REST = SYMLINK.subarray(16);
const ENTRY_REST = ENTRY.subarray(16);

const WORD_BYTES = 16;
/** The longest that is awaited at once: a target with its padding and the end of its node. */
const HELD_BYTES_MAX = TARGET_BYTES_MAX + 7 + CLOSE.byteLength;

/**
 * Reads an archive that comes in pieces of any size. Strict: exact words, zero padding, names of 1 to 255 bytes in strictly ascending order,
 * targets of 1 to 4095 bytes, nothing after the root. An empty file may omit its contents.
 *
 * The bytes of `contents` are views of the pieces given. After an error the decoder is spent.
 */
export class NarDecoder {
  /** What followed the archive in the last piece, with `stopAtEnd`. A view. */
  rest: Uint8Array = new Uint8Array(0);
  readonly #stopAtEnd: boolean;
  #state: State = "root";
  #need = ROOT.byteLength;
  /** Bytes of the archive read so far. */
  #offset = 0;
  #events: NarEvent[] = [];
  /** Bytes of what is awaited, when they do not lie in one piece. */
  #held: Buffer | undefined;
  #heldBytes = 0;
  /** What is being read, and where in it. */
  #source: Buffer = NOTHING;
  #at = 0;
  readonly #names: (ByteString | undefined)[] = [];
  #isExecutable = false;
  #sizeBytes = 0;
  #leftBytes = 0;

  constructor(options: NarDecoderOptions = {}) {
    this.#stopAtEnd = options.stopAtEnd ?? false;
  }

  /** Whether the archive is complete. */
  get isDone(): boolean {
    return this.#state === "done";
  }

  /**
   * Takes the next piece.
   *
   * @returns the events that it completes.
   * @throws NarError
   */
  push(bytes: Uint8Array): NarEvent[] {
    const piece = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#events = [];
    let position = 0;
    while (this.#state !== "done") {
      if (this.#state === "contents") {
        position = this.#contents(bytes, position);
        if (this.#leftBytes > 0) break;
        this.#await("file-end", paddingOf(this.#sizeBytes) + CLOSE.byteLength);
        continue;
      }
      const available = piece.byteLength - position;
      if (this.#heldBytes === 0 && available >= this.#need) {
        this.#source = piece;
        this.#at = position;
        position += this.#need;
      } else {
        const taken = Math.min(this.#need - this.#heldBytes, available);
        this.#held ??= Buffer.alloc(HELD_BYTES_MAX);
        this.#held.set(piece.subarray(position, position + taken), this.#heldBytes);
        this.#heldBytes += taken;
        position += taken;
        if (this.#heldBytes < this.#need) break;
        this.#source = this.#held;
        this.#at = 0;
        this.#heldBytes = 0;
      }
      const size = this.#need;
      this.#step();
      this.#offset += size;
    }
    this.#finish(bytes, position);
    return this.#events;
  }

  /** @throws NarError if the archive is not complete. */
  end(): void {
    if (this.#state !== "done") throw new NarError(this.#offset + this.#heldBytes, "more bytes", "the end");
  }

  #finish(piece: Uint8Array, position: number): void {
    if (this.#state !== "done") return;
    if (this.#stopAtEnd) this.rest = piece.subarray(position);
    else if (position < piece.byteLength)
      throw new NarError(this.#offset, "the end", describeBytes(piece.subarray(position)));
  }

  #await(state: State, need: number): void {
    this.#state = state;
    this.#need = need;
  }

  #step(): void {
    switch (this.#state) {
      case "root":
        this.#expect(ROOT, "the beginning of an archive");
        this.#await("type", WORD_BYTES);
        break;
      case "type":
        this.#type();
        break;
      case "directory-rest":
        this.#openDirectory();
        break;
      case "regular":
        this.#regular();
        break;
      case "executable-rest":
        this.#expect(EXECUTABLE_REST, '"executable"');
        this.#isExecutable = true;
        this.#await("executable", WORD_BYTES);
        break;
      case "executable":
        this.#contentsOrClose('"contents" or ")"');
        break;
      case "size":
        this.#size();
        break;
      case "file-end":
        this.#expectPadding(0, this.#sizeBytes);
        this.#expect(CLOSE, '")"', paddingOf(this.#sizeBytes));
        this.#endNode(true);
        break;
      case "target-size":
        this.#expect(SYMLINK_REST, '"target"');
        this.#sizeBytes = this.#length(SYMLINK_REST.byteLength, TARGET_BYTES_MAX, "a target's size");
        this.#await("target", this.#sizeBytes + paddingOf(this.#sizeBytes) + CLOSE.byteLength);
        break;
      case "target":
        this.#target();
        break;
      case "entry-close":
        this.#expect(CLOSE, '")"');
        this.#await("children", WORD_BYTES);
        break;
      case "children":
        this.#children();
        break;
      case "name-size":
        this.#expect(ENTRY_REST, "the beginning of an entry");
        this.#sizeBytes = this.#length(ENTRY_REST.byteLength, NAME_BYTES_MAX, "a name's size");
        this.#await("name", this.#sizeBytes + paddingOf(this.#sizeBytes) + NODE.byteLength);
        break;
      case "name":
        this.#name();
        break;
      default:
        throw new Error(`nothing is read in state ${this.#state}`);
    }
  }

  #type(): void {
    if (this.#is(REGULAR_WORD)) {
      this.#isExecutable = false;
      this.#await("regular", WORD_BYTES);
    } else if (this.#is(DIRECTORY_WORD)) this.#await("directory-rest", DIRECTORY_REST.byteLength);
    else if (this.#is(SYMLINK_WORD)) this.#await("target-size", SYMLINK_REST.byteLength + 8);
    else throw this.#error('"regular", "directory" or "symlink"');
  }

  #openDirectory(): void {
    this.#expect(DIRECTORY_REST, '"directory"');
    if (this.#names.length >= NAR_DEPTH_MAX)
      throw new NarError(this.#offset, `at most ${String(NAR_DEPTH_MAX)} levels`, "another directory inside");
    this.#names.push(undefined);
    this.#events.push({ type: "directory" });
    this.#await("children", WORD_BYTES);
  }

  #regular(): void {
    if (this.#is(EXECUTABLE_WORD)) this.#await("executable-rest", EXECUTABLE_REST.byteLength);
    else this.#contentsOrClose('"executable", "contents" or ")"');
  }

  #contentsOrClose(expected: string): void {
    if (this.#is(CONTENTS_WORD)) {
      this.#await("size", 8);
      return;
    }
    if (!this.#is(CLOSE)) throw this.#error(expected);
    this.#events.push({ type: "file", executable: this.#isExecutable, sizeBytes: 0 });
    this.#endNode(true);
  }

  #size(): void {
    const sizeBytes = this.#uint64(0);
    if (!Number.isSafeInteger(sizeBytes)) throw this.#error("a size below 2^53");
    this.#sizeBytes = this.#leftBytes = sizeBytes;
    this.#events.push({ type: "file", executable: this.#isExecutable, sizeBytes });
    if (sizeBytes === 0) this.#await("file-end", CLOSE.byteLength);
    else this.#await("contents", 0);
  }

  /** Passes on what the piece has of the contents, and returns where they end in it. */
  #contents(piece: Uint8Array, position: number): number {
    const end = Math.min(piece.byteLength, position + this.#leftBytes);
    if (end > position) this.#events.push({ type: "contents", bytes: piece.subarray(position, end) });
    this.#leftBytes -= end - position;
    this.#offset += end - position;
    return end;
  }

  #target(): void {
    const target = this.#string(this.#sizeBytes);
    if (target.includes("\0")) throw new NarError(this.#offset, "a symlink target", "a NUL in it");
    this.#expectPadding(this.#sizeBytes, this.#sizeBytes);
    this.#expect(CLOSE, '")"', this.#sizeBytes + paddingOf(this.#sizeBytes));
    this.#events.push({ type: "symlink", target });
    this.#endNode(false);
  }

  #children(): void {
    if (this.#is(ENTRY_WORD)) {
      this.#await("name-size", ENTRY_REST.byteLength + 8);
      return;
    }
    if (!this.#is(CLOSE)) throw this.#error('"entry" or ")"');
    this.#names.pop();
    this.#endNode(true);
  }

  #name(): void {
    const name = this.#string(this.#sizeBytes);
    const problem = nameProblem(name);
    if (problem !== undefined) throw new NarError(this.#offset, "a name", problem);
    const previous = this.#names.at(-1);
    if (!isAfter(name, previous))
      throw new NarError(
        this.#offset,
        `a name after ${JSON.stringify(displayOf(previous ?? name))}`,
        JSON.stringify(displayOf(name)),
      );
    this.#names[this.#names.length - 1] = name;
    this.#expectPadding(this.#sizeBytes, this.#sizeBytes);
    this.#expect(NODE, '"node"', this.#sizeBytes + paddingOf(this.#sizeBytes));
    this.#events.push({ type: "entry", name });
    this.#await("type", WORD_BYTES);
  }

  /** The node is closed: the entry around it is next, if there is one. */
  #endNode(hasEnd: boolean): void {
    if (hasEnd) this.#events.push({ type: "end" });
    if (this.#names.length === 0) this.#await("done", 0);
    else this.#await("entry-close", CLOSE.byteLength);
  }

  /** Whether a word begins with the 16 bytes awaited. */
  #is(word: Uint8Array): boolean {
    const source = this.#source;
    const at = this.#at;
    for (let i = 0; i < WORD_BYTES; i++) if (source[at + i] !== word[i]) return false;
    return true;
  }

  #expect(bytes: Uint8Array, expected: string, from = 0): void {
    const source = this.#source;
    const at = this.#at + from;
    for (let i = 0; i < bytes.byteLength; i++) if (source[at + i] !== bytes[i]) throw this.#error(expected, from);
  }

  #expectPadding(from: number, sizeBytes: number): void {
    for (let i = 0; i < paddingOf(sizeBytes); i++)
      if (this.#source[this.#at + from + i] !== 0) throw this.#error("zero bytes as padding", from);
  }

  /** The size of a string that is awaited as a whole. */
  #length(from: number, max: number, what: string): number {
    const size = this.#uint64(from);
    if (size < 1 || size > max)
      throw new NarError(this.#offset + from, `${what} of 1 to ${String(max)} bytes`, String(size));
    return size;
  }

  #uint64(from: number): number {
    const source = this.#source;
    let [value, scale] = [0, 1];
    for (let i = this.#at + from; i < this.#at + from + 8; i++, scale *= 256) value += source[i]! * scale;
    return value;
  }

  #string(size: number): ByteString {
    return this.#source.toString("latin1", this.#at, this.#at + size) as ByteString;
  }

  #error(expected: string, from = 0): NarError {
    const at = this.#at + from;
    return new NarError(this.#offset + from, expected, describeBytes(this.#source.subarray(at, at + WORD_BYTES)));
  }
}
