import { Code, StatusError } from "../../../status/index.js";

/** A small file, whole. @throws StatusError ResourceExhausted if it is larger. */
export async function readBounded(
  source: AsyncIterable<Uint8Array>,
  sizeBytesMax: number,
  what: string,
): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const piece of source) {
    sizeBytes += piece.byteLength;
    if (sizeBytes > sizeBytesMax)
      throw new StatusError(Code.ResourceExhausted, `${what} is larger than ${String(sizeBytesMax)} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces, sizeBytes);
}
