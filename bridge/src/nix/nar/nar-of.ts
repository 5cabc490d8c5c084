import type { Digest } from "../../digest/index.js";
import { createNarIndex, type CastoreNode, type NarSegment } from "../../formats/index.js";
import { Code, StatusError } from "../../status/index.js";
import type { BlobStore, Store } from "../../store/index.js";
import { loadTree, type FileNode } from "./load-tree.js";

/** The archive of a node, as a stream. */
export interface NarStream {
  readonly sizeBytes: number;
  /** Single pass. @throws StatusError NotFound if contents are gone; DataLoss. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** Files up to this size are fetched together: a round trip costs more than they do. */
const SMALL_BYTES = 64 * 1024;
/** Together at most this many bytes of them are held, and this many files asked for at once. */
const BATCH_BYTES = 2 * 1024 * 1024;
const BATCH_FILES = 256;

/** The archive (NAR) of a castore node. @throws StatusError NotFound if a directory of it is gone. */
export async function narOf(
  { blobs, directories }: Pick<Store, "blobs" | "directories">,
  node: CastoreNode,
  options: { readonly signal?: AbortSignal } = {},
): Promise<NarStream> {
  const index = createNarIndex(await loadTree(directories, node));
  return { sizeBytes: index.sizeBytes, bytes: readSegments(blobs, index.segments(), options) };
}

async function* readSegments(
  blobs: BlobStore,
  segments: Iterable<NarSegment<FileNode>>,
  options: { readonly signal?: AbortSignal },
): AsyncGenerator<Uint8Array> {
  let batch: NarSegment<FileNode>[] = [];
  let [bytes, files] = [0, 0];
  for (const segment of segments) {
    if (segment.type === "contents" && segment.source.size > SMALL_BYTES) {
      yield* readBatch(blobs, batch, options);
      [batch, bytes, files] = [[], 0, 0];
      yield* blobs.read(digestOfFile(segment.source), options);
      continue;
    }
    batch.push(segment);
    bytes += segment.type === "bytes" ? segment.bytes.byteLength : segment.source.size;
    files += segment.type === "contents" ? 1 : 0;
    if (bytes >= BATCH_BYTES || files >= BATCH_FILES) {
      yield* readBatch(blobs, batch, options);
      [batch, bytes, files] = [[], 0, 0];
    }
  }
  yield* readBatch(blobs, batch, options);
}

async function* readBatch(
  blobs: BlobStore,
  batch: readonly NarSegment<FileNode>[],
  options: { readonly signal?: AbortSignal },
): AsyncGenerator<Uint8Array> {
  const wanted = new Map<string, Digest>();
  for (const segment of batch)
    if (segment.type === "contents") wanted.set(segment.source.digest, digestOfFile(segment.source));
  const found = wanted.size === 0 ? [] : await blobs.readMany([...wanted.values()], options);
  const contents = new Map([...wanted.keys()].map((hash, i) => [hash, found[i]]));
  for (const segment of batch) {
    if (segment.type === "bytes") {
      yield segment.bytes;
      continue;
    }
    const bytes = contents.get(segment.source.digest);
    if (bytes === undefined) throw new StatusError(Code.NotFound, `blob ${segment.source.digest} is gone`);
    yield bytes;
  }
}

/** The name of a file's contents. */
export function digestOfFile({ digest, size }: FileNode): Digest {
  return { fn: "blake3", hash: digest, sizeBytes: size };
}
