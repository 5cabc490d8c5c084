import { spawn } from "node:child_process";
import { once } from "node:events";
import { pipeline } from "node:stream";
import { createBrotliDecompress, createGunzip, createZstdDecompress } from "node:zlib";
import { BuiltinError } from "./builtin-context.js";

/** Ways in which an archive may be packed. */
export type Compression = "none" | "gzip" | "xz" | "bzip2" | "zstd" | "brotli";

const MAGIC: readonly (readonly [Compression, readonly number[]])[] = [
  ["gzip", [0x1f, 0x8b]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
];

/** What its first bytes say of how something is packed. */
export function compressionOf(head: Uint8Array): Compression {
  for (const [compression, magic] of MAGIC) if (magic.every((byte, i) => head[i] === byte)) return compression;
  return "none";
}

/**
 * Unpacks a stream, which is consumed once and closed.
 *
 * Node has no xz and no bzip2: the programs of that name do it, outside of our thread.
 *
 * @throws BuiltinError if it is damaged, or the program is missing.
 */
export async function* decompress(
  compression: Compression,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (compression === "none") yield* source;
  else if (compression === "xz" || compression === "bzip2") yield* throughProgram(compression, ["-dc"], source);
  else yield* throughZlib(compression, source);
}

/** Node's own, 16 KiB, costs a turn of the event loop and a buffer each. */
const CHUNK_BYTES = 256 * 1024;

async function* throughZlib(
  compression: "gzip" | "zstd" | "brotli",
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const create = { gzip: createGunzip, zstd: createZstdDecompress, brotli: createBrotliDecompress }[compression];
  // The callback is where the pipeline puts errors; iteration throws them too.
  const unpacked = pipeline(source, create({ chunkSize: CHUNK_BYTES }), () => undefined) as AsyncIterable<Uint8Array>;
  try {
    yield* unpacked;
  } catch (cause) {
    if (
      cause instanceof Error &&
      "code" in cause &&
      /^Z_|^ERR_.*(ZLIB|ZSTD|BROTLI|FAIL)|^ZSTD/.test(String(cause.code))
    )
      throw new BuiltinError(`failed to decompress: ${cause.message}`, { cause });
    throw cause;
  }
}

/** What a program makes of a stream, which is consumed once and closed. @throws BuiltinError if it fails, or is missing. */
export async function* throughProgram(
  program: "xz" | "bzip2",
  words: readonly string[],
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const packs = !words.includes("-dc");
  const child = spawn(program, words, { stdio: ["pipe", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", (cause) => {
      reject(
        new BuiltinError(`cannot ${packs ? "pack" : "unpack"}: program '${program}' does not start: ${cause.message}`, {
          cause,
        }),
      );
    });
    child.on("close", resolve);
  });
  ended.catch(() => undefined); // Awaited below, after the output has ended.
  let complaint = "";
  child.stderr.on("data", (piece: Buffer) => (complaint = (complaint + piece.toString()).slice(0, 1000)));
  const fed = feed(child.stdin, source);
  try {
    yield* child.stdout as AsyncIterable<Uint8Array>;
    const code = await ended;
    const failure = await fed;
    if (failure !== undefined) throw failure;
    if (code !== 0) throw new BuiltinError(`failed to ${packs ? "compress" : "decompress"}: ${complaint.trim()}`);
  } finally {
    child.kill();
  }
}

/** @returns what the source failed with; that the program stopped reading is seen from its exit code. */
async function feed(sink: NodeJS.WritableStream, source: AsyncIterable<Uint8Array>): Promise<Error | undefined> {
  const closed = new AbortController();
  sink.on("error", () => closed.abort());
  sink.on("close", () => closed.abort());
  try {
    for await (const piece of source) {
      if (closed.signal.aborted) return undefined;
      if (!sink.write(piece)) await once(sink, "drain", { signal: closed.signal }).catch(() => undefined);
    }
    return undefined;
  } catch (reason) {
    return reason instanceof Error ? reason : new Error(String(reason));
  } finally {
    sink.end();
  }
}
