import { Readable, pipeline } from "node:stream";
import { constants, createZstdCompress, createZstdDecompress } from "node:zlib";
import { Code, StatusError } from "../status/index.js";

/** The memory that a frame may ask for: 8 MiB, which every decoder should have (RFC 8878, 3.1.1.1.2). Level 19 needs no more. */
const WINDOW_LOG_MAX = 23;
/** Pieces as large as those of the store, not zlib's 16 KiB. */
const PIECE_BYTES = 1 << 16;

/** Whether `Accept-Encoding` names zstd, and not with weight 0. */
export function acceptsZstd(header: string | string[] | undefined): boolean {
  return (Array.isArray(header) ? header.join(",") : (header ?? "")).split(",").some((item) => {
    const [name, ...parameters] = item.split(";").map((part) => part.trim().toLowerCase());
    return name === "zstd" && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}

/** Compresses a stream, quickly rather than small. */
export function compressZstd(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const params = { [constants.ZSTD_c_compressionLevel]: 1 };
  return through(source, createZstdCompress({ params, chunkSize: PIECE_BYTES }));
}

/** Decompresses a stream in bounded memory. What comes out may be of any length: limit it. @throws StatusError InvalidArgument. */
export async function* decompressZstd(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const params = { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG_MAX };
  try {
    yield* through(source, createZstdDecompress({ params, chunkSize: PIECE_BYTES }));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code?.startsWith("ZSTD_") !== true && code !== "Z_BUF_ERROR" && code !== "ERR__ERROR_FORMAT_PADDING_1")
      throw cause;
    throw new StatusError(Code.InvalidArgument, "the body is no whole zstd stream", { cause });
  }
}

/** Both ends are closed when one fails or the consumer stops. */
function through(
  source: AsyncIterable<Uint8Array>,
  transform: NodeJS.ReadWriteStream & AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  // The error reaches the consumer through the transform, which the pipeline destroys with it.
  pipeline(Readable.from(source, { objectMode: false, highWaterMark: PIECE_BYTES }), transform, () => undefined);
  return transform;
}
