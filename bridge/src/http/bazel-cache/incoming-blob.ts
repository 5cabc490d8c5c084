import { Code, StatusError } from "../../status/index.js";
import type { Exchange } from "../exchange.js";
import { contentLength, limited } from "../read-body.js";
import { decompressZstd } from "../zstd.js";

/** A body on its way in, decompressed and bounded. */
export interface IncomingBody {
  /** Begins to take the body from the client when it is read. */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** The size that the contents must have, where the client said it. */
  readonly sizeBytes?: number;
}

/**
 * Looks at the headers of an upload before its body is asked for.
 *
 * @throws StatusError OutOfRange if it is surely too large; InvalidArgument for an encoding that is not known.
 */
export function incomingBody(exchange: Exchange, bytesMax: number): IncomingBody {
  const length = contentLength(exchange);
  const encoding = exchange.request.headers["content-encoding"]?.toLowerCase() ?? "identity";
  if (length !== undefined && length > bytesMax)
    throw new StatusError(Code.OutOfRange, `the body has ${length} bytes; at most ${bytesMax} are accepted`);
  if (encoding === "identity") {
    const bytes = counted(exchange, "identity", () => limited(exchange.body(), bytesMax));
    return { bytes, ...(length === undefined ? {} : { sizeBytes: length }) };
  }
  if (encoding !== "zstd")
    throw new StatusError(Code.InvalidArgument, `Content-Encoding '${encoding}' is not known; send zstd or none`);
  return { bytes: limited(decompressZstd(counted(exchange, "zstd", () => exchange.body())), bytesMax) };
}

async function* counted(
  exchange: Exchange,
  compressor: string,
  source: () => AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of source()) {
    exchange.countBytes("received", compressor, piece.byteLength);
    yield piece;
  }
}
