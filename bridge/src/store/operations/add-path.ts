import fs from "node:fs";
import { createHasher, createPieceHasher, PIECE_BYTES, type Hasher, type PieceHasher } from "../../digest/index.js";
import { compareBytes, displayOf, byteStringOf, type ByteString } from "../../formats/bytes/byte-string.js";
import type { CastoreNode } from "../../formats/castore/index.js";
import { NarEncoder, NarError, type NarEvent } from "../../formats/nar/index.js";
import { Code, StatusError } from "../../status/index.js";
import { throwIfAborted } from "../abort.js";
import { isLocalBlobStore } from "../blobs/create-indexed-blob-store.js";
import { readAt, readInto } from "../blobs/positional-io.js";
import type { Store } from "../store.js";
import { TreeBuilder } from "./tree-builder.js";

/** What was added: the contents, and what Nix registers of them. */
export interface AddedPath {
  readonly node: CastoreNode;
  /** SHA-256 of the archive, 64 lower-case hex digits. */
  readonly narHash: string;
  readonly narSizeBytes: number;
}

/** How to add a path. */
export interface AddPathOptions {
  readonly signal?: AbortSignal;
  /** Sees the archive's bytes as they are hashed, e.g. to look for references. Must not keep or change them. */
  readonly onNarChunk?: (chunk: Uint8Array) => void;
}

/** Files up to this are read with one synchronous call, which is five times cheaper than a round trip through the thread pool. */
const SYNC_BYTES_MAX = 128 * 1024;

/** Synchronous work between two turns of the loop, so that a server stays responsive. */
const SLICE_MS = 8;

/**
 * Adds a file, directory or symlink of the file system, as `nix-store --add` sees it: contents, names, targets and the owner's executable bit; nothing
 * else counts. One pass: the walk is in the order of the archive, whose hash is computed from the bytes that are stored.
 *
 * Source: Nix, src/libutil/archive.cc (`dumpPath`), src/libstore/posix-fs-canonicalise.cc.
 *
 * @param path text, or bytes where it is not UTF-8.
 * @throws StatusError InvalidArgument for a file of another kind, with Nix's text, a name or target that an archive cannot hold, and a file that
 *   changes meanwhile; NotFound; PermissionDenied; ResourceExhausted.
 */
export async function addPath(store: Store, path: string | Buffer, options: AddPathOptions = {}): Promise<AddedPath> {
  const bytes = typeof path === "string" ? byteStringOf(path) : (path.toString("latin1") as ByteString);
  const sink = new ImportSink(store, options.onNarChunk);
  try {
    await walk(bytes, sink, options.signal);
    return await sink.finish();
  } catch (error) {
    await sink.builder.abort(error);
    if (error instanceof NarError) throw new StatusError(Code.InvalidArgument, error.message, { cause: error });
    throw StatusError.from(error);
  }
}

/** Hands each event to the archive's hash and to the store. */
class ImportSink {
  readonly store: Store;
  readonly builder: TreeBuilder;
  readonly #hasher: Hasher = createHasher("sha256");
  readonly #encoder = new NarEncoder();
  readonly #emit: (chunk: Uint8Array) => void;

  constructor(store: Store, onNarChunk: ((chunk: Uint8Array) => void) | undefined) {
    this.store = store;
    this.builder = new TreeBuilder(store);
    this.#emit = (chunk) => {
      this.#hasher.update(chunk);
      onNarChunk?.(chunk);
    };
  }

  push(event: NarEvent): Promise<void> | undefined {
    this.#encoder.push(event, this.#emit);
    return this.builder.push(event);
  }

  /** Only the archive sees the event: the contents are stored in another way. */
  pushToArchive(event: NarEvent): void {
    this.#encoder.push(event, this.#emit);
  }

  async finish(): Promise<AddedPath> {
    this.#encoder.end(this.#emit);
    const node = await this.builder.finish();
    return { node, narHash: this.#hasher.digest(), narSizeBytes: this.#encoder.sizeBytes };
  }
}

interface Frame {
  readonly path: ByteString;
  readonly names: readonly ByteString[];
  next: number;
}

const END: NarEvent = { type: "end" };
const join = (directory: ByteString, name: ByteString): ByteString => `${directory}/${name}` as ByteString;

async function walk(root: ByteString, sink: ImportSink, signal: AbortSignal | undefined): Promise<void> {
  const stack: Frame[] = [];
  let path = root;
  let sliceEnd = performance.now() + SLICE_MS;
  for (;;) {
    const waiting = visit(path, sink, stack);
    if (waiting !== undefined) await waiting;
    if (performance.now() > sliceEnd) {
      await new Promise(setImmediate);
      throwIfAborted(signal);
      sliceEnd = performance.now() + SLICE_MS;
    }
    let frame = stack.at(-1);
    while (frame !== undefined && frame.next === frame.names.length) {
      await sink.push(END);
      stack.pop();
      frame = stack.at(-1);
    }
    if (frame === undefined) return;
    const name = frame.names[frame.next++]!;
    await sink.push({ type: "entry", name });
    path = join(frame.path, name);
  }
}

/** One file system object; a directory is put on the stack. */
function visit(path: ByteString, sink: ImportSink, stack: Frame[]): Promise<void> | undefined {
  const raw = Buffer.from(path, "latin1");
  const stat = lstat(raw, path);
  if (stat.isFile()) return addFile(raw, path, sink);
  if (stat.isSymbolicLink())
    return sink.push({ type: "symlink", target: fs.readlinkSync(raw, "latin1") as ByteString });
  if (!stat.isDirectory())
    throw new StatusError(Code.InvalidArgument, `file '${displayOf(path)}' has an unsupported type`);
  const names = fs.readdirSync(raw, "latin1") as ByteString[];
  stack.push({ path, names: names.sort(compareBytes), next: 0 });
  return sink.push({ type: "directory" });
}

function lstat(raw: Buffer, path: ByteString): fs.Stats {
  try {
    return fs.lstatSync(raw);
  } catch (error) {
    throw StatusError.wrap(error, `getting status of '${displayOf(path)}'`);
  }
}

/** Opened without following links, and asked again for its kind: it may have been replaced since. */
function addFile(raw: Buffer, path: ByteString, sink: ImportSink): Promise<void> | undefined {
  const fd = fs.openSync(raw, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK);
  let open = true;
  try {
    const stat = fs.fstatSync(fd);
    if (!stat.isFile())
      throw new StatusError(Code.InvalidArgument, `file '${displayOf(path)}' has an unsupported type`);
    const executable = (stat.mode & 0o100) !== 0;
    if (stat.size > SYNC_BYTES_MAX) {
      open = false;
      return addLargeFile({ fd, stat, path, executable }, sink).finally(() => {
        fs.closeSync(fd);
      });
    }
    void sink.push({ type: "file", executable, sizeBytes: stat.size });
    if (stat.size > 0) {
      const bytes = Buffer.allocUnsafeSlow(stat.size);
      if (fs.readSync(fd, bytes, 0, stat.size, 0) !== stat.size) throw changed(path);
      void sink.push({ type: "contents", bytes });
    }
    return sink.push(END);
  } finally {
    if (open) fs.closeSync(fd);
  }
}

interface LargeFile {
  readonly fd: number;
  readonly stat: fs.Stats;
  readonly path: ByteString;
  readonly executable: boolean;
}

/** Each piece is read once, and written, hashed for the archive and hashed for the blob at the same time. */
async function addLargeFile(file: LargeFile, sink: ImportSink): Promise<void> {
  const { fd, stat, executable } = file;
  const { blobs } = sink.store;
  const incoming = isLocalBlobStore(blobs) ? blobs.takeFile(`/proc/self/fd/${String(fd)}`, stat.size) : undefined;
  const event: NarEvent = { type: "file", executable, sizeBytes: stat.size };
  if (incoming === undefined) {
    await sink.push(event);
    for (let at = 0; at < stat.size; at += PIECE_BYTES) {
      const bytes = await readAt(fd, at, Math.min(PIECE_BYTES, stat.size - at));
      checkLength(file, at, bytes);
      await sink.push({ type: "contents", bytes });
    }
    await sink.push(END);
    return;
  }
  using hasher = createPieceHasher(stat.size);
  try {
    sink.pushToArchive(event);
    let written: Promise<void> | undefined;
    for await (const bytes of piecesOf(file, hasher)) {
      written = incoming.isCloned ? undefined : incoming.write(bytes);
      hasher.update(bytes, written);
      sink.pushToArchive({ type: "contents", bytes });
    }
    sink.pushToArchive(END);
    const info = await hasher.finish();
    await written;
    checkUnchanged(file);
    await incoming.keep(info);
    sink.builder.addStoredFile({ type: "file", digest: info.blake3, size: info.sizeBytes, executable });
  } catch (error) {
    await incoming.discard();
    throw error;
  }
}

/** The contents, the next piece being read while one is used. */
async function* piecesOf(file: LargeFile, hasher: PieceHasher): AsyncGenerator<Uint8Array, void, undefined> {
  const { fd, stat } = file;
  const read = async (at: number): Promise<Uint8Array> =>
    readInto(fd, at, (await hasher.memory()).subarray(0, Math.min(PIECE_BYTES, stat.size - at)));
  let next = read(0);
  try {
    for (let at = 0; at < stat.size; at += PIECE_BYTES) {
      const bytes = await next;
      checkLength(file, at, bytes);
      if (at + PIECE_BYTES < stat.size) {
        next = read(at + PIECE_BYTES);
        next.catch(() => undefined); // Its turn comes.
      }
      yield bytes;
    }
  } finally {
    await next.catch(() => undefined); // The descriptor is closed after this.
  }
}

function checkLength({ stat, path }: LargeFile, at: number, piece: Uint8Array): void {
  if (piece.byteLength !== Math.min(PIECE_BYTES, stat.size - at)) throw changed(path);
}

/** A clone and the bytes hashed here are of different moments: both are right only if nobody wrote in between. */
function checkUnchanged({ fd, stat, path }: LargeFile): void {
  const now = fs.fstatSync(fd);
  if (now.size !== stat.size || now.mtimeMs !== stat.mtimeMs || now.ctimeMs !== stat.ctimeMs) throw changed(path);
}

function changed(path: ByteString): StatusError {
  return new StatusError(Code.InvalidArgument, `file '${displayOf(path)}' changed while it was read`);
}
