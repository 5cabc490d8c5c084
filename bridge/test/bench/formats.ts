/*
 * Throughput of the byte formats, as JSON on standard output. Asserts nothing: figures of a busy machine prove nothing.
 *
 *   npx tsc -b && node bridge/test/bench/formats.ts
 */
import {
  NarDecoder,
  byteStringOf,
  createChunker,
  createHashRewriter,
  createReferenceScanner,
  decodeDirectory,
  decodeReapiDirectory,
  encodeDirectory,
  encodeNar,
  encodeReapiDirectory,
  reapiChunking,
  type CastoreDirectory,
  type Directory,
  type NarEvent,
} from "#src/formats/index.js";
import { emptyBlob, digestOf } from "#src/digest/index.js";

const MIB = 1024 * 1024;
const PIECE_BYTES = 64 * 1024;
const ROUNDS = 5;

const binary = noise(64 * MIB);
const text = Buffer.alloc(
  64 * MIB,
  "the quick brown fox /nix/store/s3l0651dbbbcaclixz4971177ar4zh5m-dev jumps over 0123456789\n",
);
const base32 = Buffer.from(
  Array.from({ length: 512 }, (_, i) => hashPart(i + 1000))
    .join("")
    .repeat(1024),
);
const hashParts = Array.from({ length: 500 }, (_, i) => hashPart(i + 1));

/** The best of some rounds, for noise only ever slows down. */
function measure(run: () => number): number {
  let best = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const startMs = performance.now();
    const amount = run();
    best = Math.max(best, (amount / (performance.now() - startMs)) * 1000);
  }
  return best;
}

const gigabytesPerSecond = (run: () => number): number => round(measure(run) / 1e9);
const perSecond = (run: () => number): number => Math.round(measure(run));
const round = (value: number): number => Math.round(value * 100) / 100;

function noise(size: number): Buffer {
  const words = new Uint32Array(size / 4);
  let state = 88172645;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return Buffer.from(words.buffer);
}

function hashPart(at: number): string {
  return Array.from(
    binary.subarray(32 * at, 32 * at + 32),
    (byte) => "0123456789abcdfghijklmnpqrsvwxyz"[byte % 32],
  ).join("");
}

function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let i = 0; i < bytes.byteLength; i += PIECE_BYTES) yield bytes.subarray(i, i + PIECE_BYTES);
}

function* largeFile(): Generator<NarEvent> {
  yield { type: "file", executable: false, sizeBytes: binary.byteLength };
  for (const bytes of pieces(binary)) yield { type: "contents", bytes };
  yield { type: "end" };
}

const names = Array.from({ length: 100_000 }, (_, i) => byteStringOf(`file-${String(i).padStart(6, "0")}`));
const contents = binary.subarray(0, 500);
function* smallFiles(): Generator<NarEvent> {
  yield { type: "directory" };
  for (const name of names) {
    yield { type: "entry", name };
    yield { type: "file", executable: false, sizeBytes: contents.byteLength };
    yield { type: "contents", bytes: contents };
    yield { type: "end" };
  }
  yield { type: "end" };
}

function encoded(events: Iterable<NarEvent>): number {
  let size = 0;
  for (const chunk of encodeNar(events)) size += chunk.byteLength;
  return size;
}

function decoded(archive: Uint8Array): number {
  const decoder = new NarDecoder();
  for (const piece of pieces(archive)) decoder.push(piece);
  decoder.end();
  return archive.byteLength;
}

function scanned(bytes: Uint8Array): number {
  const scanner = createReferenceScanner(hashParts);
  for (const piece of pieces(bytes)) scanner.push(piece);
  return bytes.byteLength;
}

function rewritten(bytes: Uint8Array): number {
  const rewriter = createHashRewriter(new Map([[hashPart(1), hashPart(2)]]));
  for (const piece of pieces(bytes)) rewriter.push(piece);
  rewriter.end();
  return bytes.byteLength;
}

function chunked(bytes: Uint8Array): number {
  const chunker = createChunker(reapiChunking());
  for (const piece of pieces(bytes)) chunker.push(piece);
  chunker.end();
  return bytes.byteLength;
}

const largeArchive = Buffer.concat([...encodeNar(largeFile())]);
const smallArchive = Buffer.concat([...encodeNar(smallFiles())]);
const castore: CastoreDirectory = {
  entries: names.slice(0, 10_000).map((name) => ({
    name,
    node: { type: "file", digest: emptyBlob.blake3, size: 0, executable: false },
  })),
};
const reapi: Directory = {
  files: names.slice(0, 10_000).map((name) => ({ name, digest: digestOf(emptyBlob, "sha256"), isExecutable: false })),
  directories: [],
  symlinks: [],
};
const [castoreBytes, reapiBytes] = [encodeDirectory(castore), encodeReapiDirectory(reapi)];
const entries = (run: () => unknown) => () => {
  for (let i = 0; i < 10; i++) run();
  return 100_000;
};

const figures = {
  narEncodeLargeGBps: gigabytesPerSecond(() => encoded(largeFile())),
  narDecodeLargeGBps: gigabytesPerSecond(() => decoded(largeArchive)),
  narEncodeSmallFilesPerS: perSecond(() => (encoded(smallFiles()), names.length)),
  narDecodeSmallFilesPerS: perSecond(() => (decoded(smallArchive), names.length)),
  refscanBinaryGBps: gigabytesPerSecond(() => scanned(binary)),
  refscanTextGBps: gigabytesPerSecond(() => scanned(text)),
  refscanBase32GBps: gigabytesPerSecond(() => scanned(base32)),
  rewriteBinaryGBps: gigabytesPerSecond(() => rewritten(binary)),
  fastcdcGBps: gigabytesPerSecond(() => chunked(binary)),
  castoreEncodeEntriesPerS: perSecond(entries(() => encodeDirectory(castore))),
  castoreDecodeEntriesPerS: perSecond(entries(() => decodeDirectory(castoreBytes))),
  reapiEncodeEntriesPerS: perSecond(entries(() => encodeReapiDirectory(reapi))),
  reapiDecodeEntriesPerS: perSecond(entries(() => decodeReapiDirectory(reapiBytes, "sha256"))),
};
process.stdout.write(`${JSON.stringify(figures, undefined, 2)}\n`);
