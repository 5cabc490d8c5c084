import { contentLength, limited, sendText, withHash, type Exchange } from "../../../http/index.js";
import { Code, StatusError } from "../../../status/index.js";
import { importNar, type Store } from "../../../store/index.js";
import { BuiltinError } from "../../builtins/builtin-context.js";
import { compressionOf, decompress, type Compression } from "../../builtins/decompress.js";
import type { PackedPath } from "../cache-path.js";
import type { UploadedArchives } from "./uploaded-archives.js";

/** The suffixes that Nix gives. Source: Nix, `BinaryCacheStore::addToStoreCommon`. */
const COMPRESSIONS: ReadonlyMap<string, Compression> = new Map([
  [".xz", "xz"],
  [".bz2", "bzip2"],
  [".zst", "zstd"],
  [".br", "brotli"],
]);

/** What an upload needs. */
export interface ArchiveUpload {
  readonly store: Store;
  readonly archives: UploadedArchives;
  /** Of the file, and of what it unpacks to. */
  readonly archiveBytesMax: number;
}

/**
 * Takes an archive, as the body of a request, into the store. It becomes valid by its description, which comes later.
 *
 * @throws StatusError InvalidArgument for what is no archive, or not what its name says; OutOfRange; Unimplemented for a way of packing that we do not know.
 */
export async function takeArchive(
  exchange: Exchange,
  { store, archives, archiveBytesMax }: ArchiveUpload,
  { url, fileHash, suffix }: PackedPath,
): Promise<void> {
  const length = contentLength(exchange);
  if (length !== undefined && length > archiveBytesMax) throw tooLarge(archiveBytesMax);
  const known = COMPRESSIONS.get(suffix);
  if (suffix !== "" && known === undefined)
    throw new StatusError(
      Code.Unimplemented,
      `archives packed as '${suffix}' are not known; use zstd, xz, bzip2, gzip, br or none`,
    );
  let fileSizeBytes = 0;
  const body = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const piece of exchange.body()) {
      fileSizeBytes += piece.byteLength;
      exchange.countBytes("received", known ?? "identity", piece.byteLength);
      yield piece;
    }
  };
  const file = withHash(limited(body(), archiveBytesMax), fileHash);
  try {
    const { compression, contents } =
      known === undefined ? await unpackedByLook(file) : { compression: known, contents: decompress(known, file) };
    const added = await importNar(store, limited(contents, archiveBytesMax), { signal: exchange.signal });
    archives.put(url, { added, fileSizeBytes, compression: compression === "brotli" ? "br" : compression });
  } catch (cause) {
    if (cause instanceof BuiltinError) throw new StatusError(Code.InvalidArgument, cause.message, { cause });
    throw cause;
  }
  sendText(exchange, 200, "stored");
}

/** Packed with gzip, it has the name of one that is not. */
async function unpackedByLook(
  source: AsyncIterable<Uint8Array>,
): Promise<{ readonly compression: Compression; readonly contents: AsyncIterable<Uint8Array> }> {
  const pieces = source[Symbol.asyncIterator]();
  const first = await pieces.next();
  const whole = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    if (first.done === true) return;
    yield first.value;
    yield* { [Symbol.asyncIterator]: () => pieces };
  };
  const isGzip = first.done !== true && compressionOf(first.value) === "gzip";
  const compression = isGzip ? "gzip" : "none";
  return { compression, contents: decompress(compression, whole()) };
}

const tooLarge = (bytesMax: number): StatusError =>
  new StatusError(Code.OutOfRange, `the archive has more than ${String(bytesMax)} bytes`);
