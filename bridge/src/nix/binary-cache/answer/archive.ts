import { createNarIndex, type CastoreNode, type NarIndex } from "../../../formats/index.js";
import type { Digest } from "../../../digest/index.js";
import { Code, StatusError } from "../../../status/index.js";
import { narOf, type Store } from "../../../store/index.js";
import { compressZstd, parseByteRange, sendStream, type ByteRange, type Exchange } from "../../../http/index.js";
import { packerOf } from "../../copy/pack.js";
import type { ArchivePath, CastorePath, PackedPath } from "../cache-path.js";
import { findPacked } from "../upload/packed-notes.js";
import { narTreeOf } from "./nar-tree.js";

const CONTENT_TYPE = "application/x-nix-nar";

/** The archive of a valid path. @throws StatusError NotFound if the path is not valid, or valid with other contents. */
export async function sendArchive(exchange: Exchange, store: Store, path: ArchivePath): Promise<void> {
  const info = await store.pathInfos.getByHashPart(path.hashPart);
  if (info === undefined || info.narHash !== path.narHash)
    throw new StatusError(Code.NotFound, "there is no such archive here");
  if (path.isPacked) await sendPacked(exchange, store, { node: info.node, compression: "zstd" });
  else await sendPlain(exchange, store, { node: info.node, sizeBytes: info.narSizeBytes });
}

/** The archive of a tree, whether or not it is that of a valid path. @throws StatusError NotFound. */
export async function sendCastoreArchive(exchange: Exchange, store: Store, { node }: CastorePath): Promise<void> {
  const index = createNarIndex(await narTreeOf(store, node));
  await sendPlain(exchange, store, { node, sizeBytes: index.sizeBytes, index });
}

interface PlainArchive {
  readonly node: CastoreNode;
  readonly sizeBytes: number;
  readonly index?: NarIndex<Digest>;
}

async function sendPlain(exchange: Exchange, store: Store, archive: PlainArchive): Promise<void> {
  const { request, response, signal } = exchange;
  const { node, sizeBytes } = archive;
  response.setHeader("content-type", CONTENT_TYPE);
  response.setHeader("accept-ranges", "bytes");
  const range = parseByteRange(request.headers.range, sizeBytes);
  if (range === "unsatisfiable") {
    response.writeHead(416, { "content-range": `bytes */${String(sizeBytes)}`, "content-length": 0 });
    response.end();
    return;
  }
  response.setHeader("content-length", range === undefined ? sizeBytes : range.to - range.from);
  if (range !== undefined) {
    response.statusCode = 206;
    response.setHeader("content-range", `bytes ${String(range.from)}-${String(range.to - 1)}/${String(sizeBytes)}`);
  }
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  const source = range === undefined ? narOf(store, node, { signal }) : partOf(store, archive, range, signal);
  await sendStream(exchange, source, (bytes) => exchange.countBytes("sent", "identity", bytes));
}

/** What lies before the part is passed over without being read. */
async function* partOf(
  store: Store,
  { node, index }: PlainArchive,
  { from, to }: ByteRange,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const found = index ?? createNarIndex(await narTreeOf(store, node));
  for (const segment of found.segments(from, to)) {
    if (segment.type === "bytes") yield segment.bytes;
    else yield* store.blobs.read(segment.source, { offset: segment.from, length: segment.to - segment.from, signal });
  }
}

/** Its size is not known before, so it has no ranges. */
async function sendPacked(
  exchange: Exchange,
  store: Store,
  { node, compression }: { readonly node: CastoreNode; readonly compression: string },
): Promise<void> {
  const { request, response, signal } = exchange;
  response.setHeader("content-type", CONTENT_TYPE);
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  const nar = narOf(store, node, { signal });
  const packed = compression === "zstd" ? compressZstd(nar) : packerOf(compression).pack(nar);
  await sendStream(exchange, packed, (bytes) => exchange.countBytes("sent", compression, bytes));
}

/**
 * The archive of a path by the name that its uploader gave it, packed in the same way. Not the same bytes, perhaps: nobody compares a file with
 * its hash who can compare the archive.
 *
 * @throws StatusError NotFound.
 */
export async function sendUploaded(exchange: Exchange, store: Store, { url }: PackedPath): Promise<void> {
  const packed = await findPacked(store.notes, url);
  const info = packed && (await store.pathInfos.getByHashPart(packed.hashPart));
  if (info?.narHash !== packed?.narHash || info === undefined || packed === undefined)
    throw new StatusError(Code.NotFound, "there is no such archive here");
  const { node } = info;
  if (packed.compression === "none") await sendPlain(exchange, store, { node, sizeBytes: info.narSizeBytes });
  else await sendPacked(exchange, store, { node, compression: packed.compression });
}
