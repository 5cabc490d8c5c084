/** Pseudo-random bytes from a seed (xorshift32): the same ones in each run. */
export function seededBytes(sizeBytes: number, seed: number): Uint8Array {
  const bytes = Buffer.alloc(sizeBytes);
  let state = (seed * 2654435761 + 1) >>> 0 || 1;
  for (let i = 0; i < sizeBytes; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state & 0xff;
  }
  return bytes;
}

/** A source that may be iterated once, in pieces of `pieceBytes`, and knows whether it was closed. */
export interface OneShotSource extends AsyncIterable<Uint8Array> {
  readonly isClosed: () => boolean;
}

export function oneShot(bytes: Uint8Array, pieceBytes = 65_536, failAfterBytes?: number): OneShotSource {
  let begun = false;
  let closed = false;
  async function* pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (let at = 0; at < bytes.byteLength; at += pieceBytes) {
        if (failAfterBytes !== undefined && at >= failAfterBytes) throw new Error("the source failed");
        yield bytes.slice(at, at + pieceBytes);
      }
    } finally {
      closed = true;
    }
  }
  const iterator = pieces();
  return {
    isClosed: () => closed,
    [Symbol.asyncIterator]() {
      if (begun) throw new Error("the source was iterated twice");
      begun = true;
      return iterator;
    },
  };
}

/** All bytes of a stream; fails on an empty piece, which streams must not have. */
export async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) {
    if (piece.byteLength === 0) throw new Error("an empty piece");
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** A small deterministic generator of numbers in [0, n). */
export function createRandom(seed: number): (n: number) => number {
  let state = seed >>> 0 || 1;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}
