import { createHasher } from "../digest/index.js";
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

/** Passes contents on and fails at their end if they are not what they should be: nothing is stored then. @throws StatusError InvalidArgument. */
export async function* withHash(
  source: AsyncIterable<Uint8Array>,
  sha256: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const hasher = createHasher("sha256");
  for await (const piece of source) {
    hasher.update(piece);
    yield piece;
  }
  const found = hasher.digest();
  if (found !== sha256)
    throw new StatusError(Code.InvalidArgument, `the body's SHA-256 is ${found}, not ${sha256} as the path says`);
}
