/** A part of a body. */
export interface ByteRange {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

const RANGE = /^bytes=(\d{0,15})-(\d{0,15})$/;

/**
 * What a `Range` header asks of a body of that size. `undefined` where the whole body is the answer: no header, another unit, several ranges,
 * nonsense.
 *
 * Source: RFC 9110, 14.1.2 and 14.2.
 *
 * @returns `unsatisfiable` if it begins behind the end.
 */
export function parseByteRange(header: string | undefined, sizeBytes: number): ByteRange | "unsatisfiable" | undefined {
  const [, first, last] = RANGE.exec(header?.trim() ?? "") ?? [];
  if (first === undefined || last === undefined || (first === "" && last === "")) return undefined;
  if (first === "") {
    const suffixBytes = Math.min(Number(last), sizeBytes);
    return suffixBytes === 0 ? "unsatisfiable" : { from: sizeBytes - suffixBytes, to: sizeBytes };
  }
  const from = Number(first);
  if (last !== "" && Number(last) < from) return undefined;
  if (from >= sizeBytes) return "unsatisfiable";
  return { from, to: last === "" ? sizeBytes : Math.min(Number(last) + 1, sizeBytes) };
}
