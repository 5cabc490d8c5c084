import type { FastCdcParams } from "./params.js";

/** Number of bits of the first mask below. */
const FIRST_BITS = 5;

/** By the number of bits set: where the hash has zeros in all of them, a chunk ends. Source: the paper, and the crate `fastcdc`. */
const MASKS: readonly bigint[] = [
  0x0000_0000_0180_4110n,
  0x0000_0000_0180_3110n,
  0x0000_0000_1803_5100n,
  0x0000_0018_0003_5300n,
  0x0000_0190_0035_3000n,
  0x0000_5900_0353_0000n,
  0x0000_d900_0353_0000n,
  0x0000_d901_0353_0000n,
  0x0000_d903_0353_0000n,
  0x0000_d903_1353_0000n,
  0x0000_d90f_0353_0000n,
  0x0000_d903_0353_7000n,
  0x0000_d907_0353_7000n,
  0x0000_d907_0753_7000n,
  0x0000_d917_0753_7000n,
  0x0000_d917_4753_7000n,
  0x0000_d917_6753_7000n,
  0x0000_d937_6753_7000n,
  0x0000_d937_7753_7000n,
  0x0000_d937_7757_7000n,
  0x0000_db37_7757_7000n,
];

/** The mask before the average size is reached (`small`: cuts are rarer) and after it (`large`). */
export function masksOf(params: FastCdcParams): { readonly small: bigint; readonly large: bigint } {
  const bits = Math.round(Math.log2(params.averageBytes));
  return { small: maskOf(bits + params.normalization), large: maskOf(bits - params.normalization) };
}

function maskOf(bits: number): bigint {
  const mask = MASKS[bits - FIRST_BITS];
  if (mask === undefined) throw new RangeError(`no mask of ${String(bits)} bits`);
  return mask;
}
