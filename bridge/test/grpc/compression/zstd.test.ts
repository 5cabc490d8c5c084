import zlib from "node:zlib";
import { describe, expect, it } from "vitest";
import { zstdCompress, zstdCompressAll, zstdDecompress, zstdDecompressAll } from "#src/grpc/compression/zstd.js";
import { Code } from "#src/status/index.js";
import { mutate, randomOf } from "../../fuzz/mutate.js";

const rejected = expect.objectContaining({ name: "StatusError", code: Code.InvalidArgument }) as unknown;

interface Source extends AsyncIterable<Uint8Array> {
  closed: boolean;
}

function inPieces(bytes: Uint8Array, pieceBytes: number): Source {
  const source: Source = {
    closed: false,
    async *[Symbol.asyncIterator]() {
      try {
        for (let at = 0; at < bytes.byteLength; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
      } finally {
        source.closed = true;
      }
    },
  };
  return source;
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

const text = Buffer.from("what is said thrice is true; ".repeat(20_000));
const frame = zlib.zstdCompressSync(text);
const checked = zlib.zstdCompressSync(text, { params: { [zlib.constants.ZSTD_c_checksumFlag]: 1 } });
const skippable = Buffer.from([0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);

/** Both ways have to say the same. */
async function unpack(bytes: Uint8Array, sizeBytesMax: number, pieceBytes = 1_000): Promise<Buffer> {
  const outcome = (promise: Promise<Buffer>): Promise<{ value: Buffer } | { error: unknown }> =>
    promise.then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
  const source = inPieces(bytes, pieceBytes);
  const streamed = await outcome(collect(zstdDecompress(source, sizeBytesMax)));
  expect(source.closed || bytes.byteLength === 0).toBe(true);
  const atOnce = await outcome((async () => zstdDecompressAll(bytes, sizeBytesMax))());
  expect("value" in streamed).toBe("value" in atOnce);
  if ("error" in streamed) throw streamed.error;
  expect("value" in atOnce && atOnce.value.equals(streamed.value)).toBe(true);
  return streamed.value;
}

describe("zstd", () => {
  it.each([0, 1, 1_000, 3_000_000])("gives back %i bytes", async (size) => {
    const bytes = Buffer.alloc(size, "seven and a half ");
    expect(await unpack(await collect(zstdCompress(inPieces(bytes, 70_000))), size)).toEqual(bytes);
    expect(await unpack(zstdCompressAll(bytes), size)).toEqual(bytes);
  });

  it.each([1, 2, 3, 5, 1_000_000])("finds frames and skippable ones however they are cut (%i)", async (pieceBytes) => {
    const stream = Buffer.concat([skippable, frame, skippable, checked, frame, skippable]);
    expect(await unpack(stream, 3 * text.byteLength, pieceBytes)).toEqual(Buffer.concat([text, text, text]));
  });

  it.each([
    ["nothing", Buffer.alloc(0)],
    ["something else", Buffer.from("no frame at all")],
    ["a frame cut off", frame.subarray(0, -1)],
    ["a frame cut off in its header", frame.subarray(0, 5)],
    ["a frame cut off in its magic number", frame.subarray(0, 3)],
    ["garbage behind a frame", Buffer.concat([frame, Buffer.from("garbage")])],
    ["one byte behind a frame", Buffer.concat([frame, Buffer.from([0])])],
    ["a skippable frame cut off", Buffer.concat([frame, skippable.subarray(0, -1)])],
    ["a wrong checksum", Buffer.concat([checked.subarray(0, -1), Buffer.from([checked.at(-1)! ^ 1])])],
  ])("refuses %s", async (_, bytes) => {
    for (const pieceBytes of [1, 7, 1_000_000])
      await expect(unpack(bytes, 10_000_000, pieceBytes)).rejects.toEqual(rejected);
  });

  it("refuses a window that is larger than RFC 8878 recommends, however little is in it", async () => {
    // Window of 128 MiB; one last raw block of one byte.
    const bytes = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x88, 0x09, 0x00, 0x00, 0x41]);
    await expect(unpack(bytes, 1_000)).rejects.toEqual(rejected);
    bytes[5] = 0x68; // 8 MiB.
    expect(await unpack(bytes, 1_000)).toEqual(Buffer.from("A"));
  });

  it("stops at the first byte too many", async () => {
    const bomb = zlib.zstdCompressSync(Buffer.alloc(64 << 20));
    let made = 0;
    const unpacking = (async () => {
      for await (const piece of zstdDecompress(inPieces(bomb, 1 << 20), 1_000_000)) made += piece.byteLength;
    })();
    await expect(unpacking).rejects.toEqual(rejected);
    expect(made).toBeLessThanOrEqual(1_000_000);
    await expect(unpack(frame, text.byteLength - 1)).rejects.toEqual(rejected);
  });

  it("refuses a stream of frames that hold nothing", async () => {
    const empty = zlib.zstdCompressSync(Buffer.alloc(0));
    await expect(unpack(Buffer.concat(new Array<Buffer>(1_100).fill(empty)), 10)).rejects.toEqual(rejected);
    const long = Buffer.concat([Buffer.from([0x50, 0x2a, 0x4d, 0x18, 0, 0, 0x20, 0]), Buffer.alloc(0x20_0000)]);
    await expect(unpack(Buffer.concat([long, empty]), 10)).rejects.toEqual(rejected);
  });

  it("closes its source when the reader stops early", async () => {
    const source = inPieces(frame, 5);
    for await (const piece of zstdDecompress(source, text.byteLength)) {
      expect(piece.byteLength).toBeGreaterThan(0);
      break;
    }
    expect(source.closed).toBe(true);
    const plain = inPieces(Buffer.concat(new Array<Buffer>(20).fill(text)), 100_000);
    for await (const piece of zstdCompress(plain)) {
      expect(piece.byteLength).toBeGreaterThan(0);
      break;
    }
    expect(plain.closed).toBe(true);
  });

  it("hands on what its source fails with", async () => {
    async function* failing(): AsyncGenerator<Uint8Array, void> {
      throw new Error("the source failed");
    }
    await expect(collect(zstdDecompress(failing(), 10))).rejects.toThrow("the source failed");
    await expect(collect(zstdCompress(failing()))).rejects.toThrow("the source failed");
  });

  it("refuses damaged streams or unpacks them, both ways alike", async () => {
    const small = zlib.zstdCompressSync(Buffer.from("a small text ".repeat(30)));
    const random = randomOf(20);
    for (let round = 1; round <= 400; round++) {
      const damaged = mutate(random, Buffer.concat([small, skippable, small]));
      try {
        await unpack(damaged, 10_000, 1 + (round % 40));
      } catch (error) {
        expect(error).toEqual(rejected);
      }
    }
  });
});
