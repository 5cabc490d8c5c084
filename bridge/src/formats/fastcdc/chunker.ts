import { SCAN_BYTES_MAX, gearScanOf } from "./gear-scan.js";
import { masksOf } from "./masks.js";
import { checkParams, type FastCdcParams } from "./params.js";

/** Cuts a stream into chunks. It holds no data: the lengths say where to cut what was pushed. */
export interface Chunker {
  /** @returns the lengths of the chunks that end in or before this piece, counted from the last cut. */
  push(piece: Uint8Array): number[];
  /** @returns the length of the last chunk; undefined if nothing is left. */
  end(): number | undefined;
}

/**
 * A chunker by FastCDC 2020. It cuts where the Rust crate `fastcdc` (module v2020) does, which looks at bytes in pairs: what matters where
 * sizes are odd.
 *
 * @throws RangeError for parameters out of range.
 */
export function createChunker(params: FastCdcParams): Chunker {
  const { minBytes, averageBytes, maxBytes, seed = 0n } = checkParams(params);
  const masks = masksOf(params);
  const gear = gearScanOf(seed);
  // Pairs begin at even positions of the chunk.
  const [minEven, averageEven, maxEven] = [even(minBytes), even(averageBytes), even(maxBytes)];
  /** Bytes of the current chunk that are dealt with. */
  let length = 0;
  let hash = 0n;
  /** The first byte of a pair, while the second is not there. */
  let held: number | undefined;

  /** Deals with the `size` bytes in the scan's memory, and returns how many are left: 0 or 1. */
  function scan(size: number, cuts: number[]): number {
    let at = 0;
    gear.hash = hash;
    const cut = (bytes: number): void => {
      cuts.push(bytes);
      length = 0;
      gear.hash = 0n;
    };
    for (;;) {
      if (length < minEven) {
        const skipped = Math.min(minEven - length, size - at);
        length += skipped;
        at += skipped;
      }
      if (length >= maxEven) {
        const rest = maxBytes - length;
        if (at + rest > size) break;
        at += rest;
        cut(maxBytes);
        continue;
      }
      const isSmall = length < averageEven;
      const wanted = Math.min((isSmall ? averageEven : maxEven) - length, even(size - at));
      if (wanted === 0) break;
      const found = gear.scan(at, at + wanted, isSmall ? masks.small : masks.large);
      length += found - at;
      const isCut = found < at + wanted;
      at = found;
      if (isCut) cut(length);
    }
    hash = gear.hash;
    return size - at;
  }

  return {
    push(piece) {
      const cuts: number[] = [];
      for (let from = 0; from < piece.byteLength;) {
        const lead = held === undefined ? 0 : 1;
        if (held !== undefined) gear.piece[0] = held;
        const to = Math.min(piece.byteLength, from + SCAN_BYTES_MAX - lead);
        gear.piece.set(piece.subarray(from, to), lead);
        const size = lead + to - from;
        held = scan(size, cuts) === 0 ? undefined : gear.piece[size - 1];
        from = to;
      }
      return cuts;
    },
    end() {
      const last = length + (held === undefined ? 0 : 1);
      length = 0;
      hash = 0n;
      held = undefined;
      return last === 0 ? undefined : last;
    },
  };
}

function even(value: number): number {
  return value - (value % 2);
}
