import { NarDecoder, NarError } from "../../../formats/index.js";
import { ProtocolError } from "./error.js";
import type { WireReader } from "./reader.js";

/**
 * An archive that lies in a stream without a length: it is read up to its own end.
 *
 * @throws ProtocolError if it is malformed or cut off: nobody can tell where it would end.
 */
export async function* narSource(reader: WireReader): AsyncGenerator<Uint8Array, void, undefined> {
  const decoder = new NarDecoder({ stopAtEnd: true });
  let isDone = false;
  while (!isDone) {
    const piece = await reader.some();
    if (piece === undefined) throw new ProtocolError("unexpected end-of-file while reading an archive");
    try {
      decoder.push(piece);
    } catch (cause) {
      if (cause instanceof NarError) throw new ProtocolError(cause.message, { cause });
      throw cause;
    }
    isDone = decoder.isDone;
    if (isDone) reader.giveBack(decoder.rest);
    yield piece.subarray(0, piece.byteLength - decoder.rest.byteLength);
  }
}

/** Reads what was not wanted of a source, to its end. */
export async function skip(source: AsyncIterator<Uint8Array>): Promise<void> {
  while ((await source.next()).done !== true);
}

/** The same source, which stays open when its consumer stops early, so that the rest can be read. */
export function resumable(source: AsyncIterator<Uint8Array>): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => ({ next: () => source.next() }) };
}
