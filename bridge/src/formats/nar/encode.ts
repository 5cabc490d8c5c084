import { displayOf, type ByteString } from "../bytes/byte-string.js";
import { nameProblem, targetProblem } from "../castore/check.js";
import { ByteJoiner } from "./byte-joiner.js";
import { NarError } from "./error.js";
import type { NarEvent } from "./event.js";
import {
  CLOSE,
  CLOSE_ENTRY,
  DIRECTORY,
  ENTRY,
  EXECUTABLE,
  NAR_DEPTH_MAX,
  NODE,
  REGULAR,
  ROOT,
  SYMLINK,
  isAfter,
} from "./tokens.js";

/**
 * The archive of a walk over a tree. Yields non-empty chunks: small pieces joined to 64 KiB, large `contents` as they are, without a copy.
 *
 * @throws NarError if the events are out of order, a name or target is malformed, names do not ascend, or contents have another size than
 *   their file said. What was yielded before is no archive then.
 */
export function* encodeNar(events: Iterable<NarEvent>): Generator<Uint8Array> {
  const encoder = new NarEncoder();
  const chunks: Uint8Array[] = [];
  const emit = (chunk: Uint8Array): void => void chunks.push(chunk);
  for (const event of events) {
    encoder.push(event, emit);
    if (chunks.length > 0) yield* chunks.splice(0);
  }
  encoder.end(emit);
  yield* chunks;
}

/** What may come next. */
type State = "node" | "children" | "contents" | "done";

const EXPECTED: Record<State, string> = {
  node: "directory, file or symlink",
  children: "entry or end",
  contents: "contents or end",
  done: "nothing",
};

/** What {@link encodeNar} does, for callers that are given the events one by one. After an error it is spent. */
export class NarEncoder {
  readonly #out = new ByteJoiner();
  #state: State = "node";
  /** For each open directory, the name of its last entry. */
  readonly #names: (ByteString | undefined)[] = [];
  #fileBytes = 0;
  #leftBytes = 0;

  constructor() {
    this.#out.add(ROOT);
  }

  /** Bytes of the archive so far. */
  get sizeBytes(): number {
    return this.#out.offset;
  }

  /** Takes the next event, and hands on the chunks that are complete. @throws NarError */
  push(event: NarEvent, emit: (chunk: Uint8Array) => void): void {
    this.#write(event);
    if (event.type === "contents" && ByteJoiner.passes(event.bytes)) {
      if (!this.#out.isEmpty) emit(this.#out.take());
      this.#out.pass(event.bytes);
      emit(event.bytes);
    } else if (this.#out.isFull) emit(this.#out.take());
  }

  /** Hands on the last chunk. @throws NarError if the archive is not complete. */
  end(emit: (chunk: Uint8Array) => void): void {
    if (this.#state !== "done") throw this.#error("no more events");
    if (!this.#out.isEmpty) emit(this.#out.take());
  }

  #write(event: NarEvent): void {
    switch (this.#state) {
      case "node":
        this.#node(event);
        break;
      case "children":
        this.#child(event);
        break;
      case "contents":
        this.#contents(event);
        break;
      case "done":
        throw this.#error(event.type);
    }
  }

  #node(event: NarEvent): void {
    if (event.type === "directory") {
      if (this.#names.length >= NAR_DEPTH_MAX)
        throw this.#error("another directory inside", `at most ${String(NAR_DEPTH_MAX)} levels`);
      this.#out.add(DIRECTORY);
      this.#names.push(undefined);
      this.#state = "children";
    } else if (event.type === "file") {
      if (!Number.isSafeInteger(event.sizeBytes) || event.sizeBytes < 0)
        throw this.#error(String(event.sizeBytes), "a size");
      this.#out.add(event.executable ? EXECUTABLE : REGULAR);
      this.#out.addSize(event.sizeBytes);
      this.#fileBytes = this.#leftBytes = event.sizeBytes;
      this.#state = "contents";
    } else if (event.type === "symlink") {
      const problem = targetProblem(event.target);
      if (problem !== undefined) throw this.#error(problem, "a symlink target");
      this.#out.add(SYMLINK);
      this.#out.addString(event.target);
      this.#closeNode();
    } else throw this.#error(event.type);
  }

  #child(event: NarEvent): void {
    if (event.type === "end") {
      this.#names.pop();
      this.#closeNode();
      return;
    }
    if (event.type !== "entry") throw this.#error(event.type);
    const { name } = event;
    const problem = nameProblem(name);
    if (problem !== undefined) throw this.#error(problem, "a name");
    const previous = this.#names.at(-1);
    if (!isAfter(name, previous)) throw this.#error(quoted(name), `a name after ${quoted(previous ?? name)}`);
    this.#names[this.#names.length - 1] = name;
    this.#out.add(ENTRY);
    this.#out.addString(name);
    this.#out.add(NODE);
    this.#state = "node";
  }

  /** Large contents are only counted: {@link encodeNar} hands them on. */
  #contents(event: NarEvent): void {
    if (event.type === "contents") {
      if (event.bytes.byteLength > this.#leftBytes)
        throw this.#error(String(event.bytes.byteLength), `at most ${String(this.#leftBytes)} bytes of contents`);
      this.#leftBytes -= event.bytes.byteLength;
      if (!ByteJoiner.passes(event.bytes)) this.#out.add(event.bytes);
    } else if (event.type === "end") {
      if (this.#leftBytes !== 0) throw this.#error("end", `${String(this.#leftBytes)} more bytes of contents`);
      this.#out.addPadding(this.#fileBytes);
      this.#closeNode();
    } else throw this.#error(event.type);
  }

  #closeNode(): void {
    const isRoot = this.#names.length === 0;
    this.#out.add(isRoot ? CLOSE : CLOSE_ENTRY);
    this.#state = isRoot ? "done" : "children";
  }

  #error(found: string, expected = EXPECTED[this.#state]): NarError {
    return new NarError(this.#out.offset, expected, found);
  }
}

function quoted(name: ByteString): string {
  return JSON.stringify(displayOf(name));
}
