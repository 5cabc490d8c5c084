import { hashBytes, type Hasher } from "../../../digest/index.js";
import {
  makeFixedOutputPath,
  NarEncoder,
  StorePathError,
  type CastoreNode,
  type MethodAlgorithm,
  type StorePath,
} from "../../../formats/index.js";
import { Code, StatusError } from "../../../status/index.js";
import { hashNarOf, importNar, type AddedPath, type PathInfo } from "../../../store/index.js";
import { createContentHasher } from "../../registration/content-hasher.js";
import { registerPath } from "../../import/register-path.js";
import type { Daemon } from "./daemon.js";

/** What contents are to be called, and how their path follows from them. */
export interface NewContents {
  readonly name: string;
  readonly by: MethodAlgorithm;
  /** Valid paths. */
  readonly references: readonly StorePath[];
  /** Write them again although they are there. */
  readonly repair: boolean;
}

/** Texts up to this are gathered and hashed before anything is stored: most are derivations that are there already. */
const GATHERED_BYTES_MAX = 1024 * 1024;

/**
 * Makes contents valid under the path that follows from them. Reads `source` to its end, unless it fails.
 *
 * @param source an archive for `nar`, else the bytes of a plain file.
 * @throws StatusError InvalidArgument for a bad name, archive or derivation; FailedPrecondition for references that are not valid.
 */
export async function addContents(
  daemon: Daemon,
  contents: NewContents,
  source: AsyncIterable<Uint8Array>,
): Promise<PathInfo> {
  const { method, algorithm } = contents.by;
  if (method === "git")
    throw new StatusError(Code.Unimplemented, "adding contents addressed by their Git hash is not supported");
  if (method === "nar") {
    const hasher = algorithm === "sha256" ? undefined : createContentHasher(algorithm);
    const added = await importNar(daemon.store, hasher === undefined ? source : hashed(source, hasher));
    return await valid(daemon, contents, hasher?.digest() ?? added.narHash, async () => added);
  }
  const { pieces, rest } = await gather(source);
  if (rest === undefined) {
    const bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
    const hash = algorithm === "sha256" ? hashBytes("sha256", bytes) : hashOf(algorithm, bytes);
    return await valid(daemon, contents, hash, () => addFile(daemon, bytes), bytes);
  }
  const hasher = algorithm === "sha256" ? undefined : createContentHasher(algorithm);
  const info = await daemon.store.blobs.write(hasher === undefined ? rest : hashed(rest, hasher));
  const node: CastoreNode = { type: "file", digest: info.blake3, size: info.sizeBytes, executable: false };
  return await valid(daemon, contents, hasher?.digest() ?? info.sha256, async () => ({
    node,
    ...(await hashNarOf(daemon.store, node)),
  }));
}

async function valid(
  daemon: Daemon,
  { name, by, references, repair }: NewContents,
  hex: string,
  store: () => Promise<AddedPath>,
  bytes?: Uint8Array,
): Promise<PathInfo> {
  const ca = { method: by.method, hash: { algorithm: by.algorithm, hex } };
  const path = pathOf(() => makeFixedOutputPath(daemon.storeDir, name, ca, { references }));
  const known = await daemon.store.pathInfos.get(path);
  if (known !== undefined && !repair) return known;
  const added = await store();
  const info: PathInfo = {
    path,
    ...added,
    references: [...new Set(references)].sort(),
    ca,
    signatures: [],
    registrationTime: Math.floor(daemon.clock.nowMs() / 1000),
    ultimate: false,
  };
  await registerPath(daemon, info, bytes);
  return info;
}

async function addFile(daemon: Daemon, bytes: Uint8Array): Promise<AddedPath> {
  const [info] = await daemon.store.blobs.writeMany([{ bytes }]);
  const encoder = new NarEncoder();
  const nar: Uint8Array[] = [];
  const emit = (chunk: Uint8Array): void => void nar.push(chunk);
  encoder.push({ type: "file", executable: false, sizeBytes: bytes.byteLength }, emit);
  if (bytes.byteLength > 0) encoder.push({ type: "contents", bytes }, emit);
  encoder.push({ type: "end" }, emit);
  encoder.end(emit);
  return {
    node: { type: "file", digest: info!.blake3, size: info!.sizeBytes, executable: false },
    narHash: hashBytes("sha256", nar.length === 1 ? nar[0]! : Buffer.concat(nar)),
    narSizeBytes: encoder.sizeBytes,
  };
}

/** Everything, if it is small; else a stream of everything. */
async function gather(
  source: AsyncIterable<Uint8Array>,
): Promise<{ readonly pieces: Uint8Array[]; readonly rest?: AsyncIterable<Uint8Array> }> {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  const iterator = source[Symbol.asyncIterator]();
  for (;;) {
    const next = await iterator.next();
    if (next.done === true) return { pieces };
    pieces.push(next.value);
    sizeBytes += next.value.byteLength;
    if (sizeBytes > GATHERED_BYTES_MAX) break;
  }
  async function* rest(): AsyncGenerator<Uint8Array, void, undefined> {
    yield* pieces.splice(0);
    yield* { [Symbol.asyncIterator]: () => iterator };
  }
  return { pieces: [], rest: rest() };
}

async function* hashed(source: AsyncIterable<Uint8Array>, hasher: Hasher): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of source) {
    hasher.update(piece);
    yield piece;
  }
}

function hashOf(algorithm: MethodAlgorithm["algorithm"], bytes: Uint8Array): string {
  const hasher = createContentHasher(algorithm);
  hasher.update(bytes);
  return hasher.digest();
}

function pathOf(make: () => StorePath): StorePath {
  try {
    return make();
  } catch (cause) {
    if (cause instanceof StorePathError) throw new StatusError(Code.InvalidArgument, cause.message, { cause });
    throw cause;
  }
}
