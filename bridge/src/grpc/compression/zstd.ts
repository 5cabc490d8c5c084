import { pipeline } from "node:stream/promises";
import zlib from "node:zlib";
import { Code, StatusError } from "../../status/index.js";
import { ZstdFrameSplitter, invalid, type FramePart } from "./zstd-frames.js";

/**
 * Windows up to 8 MiB: what RFC 8878 asks decoders to take and the level 19 of zstd uses. A decoder holds a window in memory for as long as the
 * client likes to take.
 */
const WINDOW_LOG_MAX = 23;

/** Data is packed while somebody waits for it: level 1 is as fast as a network. */
const LEVEL = 1;

const PIECE_BYTES = 256 * 1024;

/** Frames cost a decoder each: one may be as small as a KiB, and some more may be empty. */
const FRAMES_FREE = 1024;
const FRAME_BYTES_MIN = 1024;

/** Frames, blocks and skippable parts that hold nothing cost time and yield nothing. */
const INPUT_FREE_BYTES = 1024 * 1024;

const DECODER = { params: { [zlib.constants.ZSTD_d_windowLogMax]: WINDOW_LOG_MAX }, chunkSize: PIECE_BYTES };
const ENCODER = { params: { [zlib.constants.ZSTD_c_compressionLevel]: LEVEL }, chunkSize: PIECE_BYTES };

/** Counts what comes in and out of a decoder, and stops a client that sends too much of either. */
function createMeter(sizeBytesMax: number): {
  input(piece: Uint8Array): FramePart[];
  output(bytes: number): void;
  end(): void;
} {
  const splitter = new ZstdFrameSplitter();
  let received = 0;
  let made = 0;
  return {
    input(piece) {
      received += piece.byteLength;
      if (received > 2 * sizeBytesMax + INPUT_FREE_BYTES)
        throw invalid(`${String(received)} bytes came for a blob of ${String(sizeBytesMax)}`);
      const parts = splitter.push(piece);
      if (splitter.frames > FRAMES_FREE + sizeBytesMax / FRAME_BYTES_MIN)
        throw invalid(`it has more than ${String(splitter.frames)} frames`);
      return parts;
    },
    output(bytes) {
      made += bytes;
      if (made > sizeBytesMax)
        throw new StatusError(
          Code.InvalidArgument,
          `the compressed data holds more than the ${String(sizeBytesMax)} bytes that were announced`,
        );
    },
    end: () => {
      splitter.end();
    },
  };
}

/**
 * Unpacks a stream of one or more zstd frames. Closes `source` in every case.
 *
 * @param sizeBytesMax how much may come out: it ends with the first byte too many, so that a small message cannot fill memory or disk.
 * @throws StatusError InvalidArgument for anything but whole frames, windows that are too large, and too much; whatever `source` throws.
 */
export async function* zstdDecompress(
  source: AsyncIterable<Uint8Array>,
  sizeBytesMax: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const meter = createMeter(sizeBytesMax);
  const parts = partsOf(source, (piece) => meter.input(piece));
  try {
    for (;;) {
      const first = await parts.next();
      if (first.done === true) break;
      const decoder = zlib.createZstdDecompress(DECODER);
      const feeding = pipeline(oneFrame(first.value, parts), decoder);
      feeding.catch(() => undefined); // The decoder fails with the same error below.
      try {
        for await (const piece of decoder as AsyncIterable<Buffer>) {
          meter.output(piece.byteLength);
          yield piece;
        }
        await feeding;
      } catch (error) {
        throw translated(error);
      } finally {
        decoder.destroy();
      }
    }
    meter.end();
  } finally {
    await parts.return();
  }
}

async function* partsOf(
  source: AsyncIterable<Uint8Array>,
  split: (piece: Uint8Array) => FramePart[],
): AsyncGenerator<FramePart, void, undefined> {
  for await (const piece of source) yield* split(piece);
}

/** The bytes of a frame; leaves `parts` open behind it. */
async function* oneFrame(first: FramePart, parts: AsyncGenerator<FramePart>): AsyncGenerator<Uint8Array, void> {
  let part = first;
  for (;;) {
    yield part.bytes;
    if (part.endsFrame) return;
    const next = await parts.next();
    if (next.done === true) return;
    part = next.value;
  }
}

/** The same for data at hand. */
export function zstdDecompressAll(bytes: Uint8Array, sizeBytesMax: number): Buffer {
  const meter = createMeter(sizeBytesMax);
  const frames: Uint8Array[][] = [[]];
  for (const { bytes: part, endsFrame } of meter.input(bytes)) {
    frames.at(-1)!.push(part);
    if (endsFrame) frames.push([]);
  }
  meter.end();
  const pieces = frames.slice(0, -1).map((parts) => {
    try {
      // At least one byte: the library takes no smaller limit.
      const piece = zlib.zstdDecompressSync(Buffer.concat(parts), { ...DECODER, maxOutputLength: sizeBytesMax + 1 });
      meter.output(piece.byteLength);
      return piece;
    } catch (error) {
      throw translated(error);
    }
  });
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
}

/** Packs a stream as one zstd frame. Closes `source` in every case. */
export async function* zstdCompress(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const encoder = zlib.createZstdCompress(ENCODER);
  const feeding = pipeline(source, encoder);
  feeding.catch(() => undefined); // The encoder fails with the same error below.
  try {
    yield* encoder as AsyncIterable<Buffer>;
    await feeding;
  } finally {
    encoder.destroy();
    await feeding.catch(() => undefined); // Until the source is closed.
  }
}

/** The same for data at hand. */
export function zstdCompressAll(bytes: Uint8Array): Buffer {
  return zlib.zstdCompressSync(bytes, ENCODER);
}

/** What the library says of bad data, as our own error. */
function translated(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof StatusError) return error;
  const { code = "" } = error as NodeJS.ErrnoException;
  if (code === "ERR_BUFFER_TOO_LARGE")
    return new StatusError(Code.InvalidArgument, "the compressed data holds more bytes than were announced", {
      cause: error,
    });
  return code.startsWith("ZSTD_") || code.startsWith("Z_") ? invalid(error.message) : error;
}
