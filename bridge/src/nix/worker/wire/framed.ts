import { ProtocolError } from "./error.js";
import type { WireReader } from "./reader.js";

/** A stream of frames: a length and so many bytes each, without padding; a length of zero ends it. */
export interface FramedSource extends AsyncIterable<Uint8Array> {
  /**
   * Reads the frames that nobody wanted, up to the end: a client writes them all before it reads an answer.
   *
   * @throws ProtocolError if the stream is cut off.
   */
  drain(): Promise<void>;
}

/** Source: Nix, `FramedSource` in src/libutil/serialise.hh. */
export function framedSource(reader: WireReader, what: string): FramedSource {
  let leftBytes = 0;
  let ended = false;
  async function* frames(): AsyncGenerator<Uint8Array, void, undefined> {
    while (!ended) {
      if (leftBytes === 0) {
        reader.beginFrame();
        leftBytes = await reader.number(`frame of ${what}`);
        if (leftBytes === 0) {
          ended = true;
          return;
        }
      }
      const piece = await reader.some(leftBytes);
      if (piece === undefined) throw new ProtocolError(`unexpected end-of-file while reading ${what}`);
      // Before it is handed on: whoever takes it may stop there.
      leftBytes -= piece.byteLength;
      yield piece;
    }
  }
  return {
    [Symbol.asyncIterator]: frames,
    async drain() {
      const rest = frames();
      while ((await rest.next()).done !== true);
    },
  };
}
