import { Code, StatusError } from "../status/index.js";
import type { Exchange } from "./exchange.js";

/** The length that the client says its body has; `undefined` if it does not say. @throws StatusError InvalidArgument. */
export function contentLength({ request }: Exchange): number | undefined {
  const text = request.headers["content-length"];
  if (text === undefined) return undefined;
  const length = Number(text);
  if (!Number.isSafeInteger(length) || length < 0)
    throw new StatusError(Code.InvalidArgument, `impossible Content-Length: ${text}`);
  return length;
}

/** Passes a stream on until it is too long. @throws StatusError OutOfRange. */
export async function* limited(
  source: AsyncIterable<Uint8Array>,
  bytesMax: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let bytes = 0;
  for await (const piece of source) {
    bytes += piece.byteLength;
    if (bytes > bytesMax) throw new StatusError(Code.OutOfRange, `the body has more than ${bytesMax} bytes`);
    yield piece;
  }
}

/** A whole body in memory. @throws StatusError OutOfRange. */
export async function collect(source: AsyncIterable<Uint8Array>, bytesMax: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of limited(source, bytesMax)) pieces.push(piece);
  return Buffer.concat(pieces);
}
