import { digestEquals, digestKey, formatDigest, hashBytes, type Digest } from "../digest/index.js";
import {
  decodeReapiDirectory,
  ReapiError,
  TreeDecoder,
  type ActionResult,
  type ByteString,
  targetProblem,
  type OutputDirectory,
} from "../formats/index.js";
import { Code, StatusError } from "../status/index.js";
import type { BlobStore } from "../store/index.js";
import type { ClusterConnection } from "./connect-cluster.js";
import { createBlobDownloader, type BlobDownloader } from "./download-blobs.js";

/** Directory messages asked for at once. */
const BATCH = 512;
/** Of one output: more than any package has. A cluster that lies could go on for ever. */
const DIRECTORIES_MAX = 1_000_000;

/** Brings the outputs of actions from a cluster into our store. */
export interface OutputDownloader {
  /**
   * @param wanted the output paths of the command; what else a result names is left out.
   * @returns the result with those outputs and with trees by one digest only, everything it names in the store.
   * @throws StatusError FailedPrecondition (missing blobs in `details`); DataLoss, naming the cluster, for wrong bytes, trees that are
   *   malformed, and two digests of one output that disagree.
   */
  download(result: ActionResult, wanted: ReadonlySet<ByteString>, signal?: AbortSignal): Promise<ActionResult>;
}

/** Creates what downloads outputs. What is in the store already is not asked for. */
export function createOutputDownloader(cluster: ClusterConnection, blobs: BlobStore): OutputDownloader {
  const downloader = createBlobDownloader(cluster, blobs);
  return {
    async download(result, wanted, signal) {
      const files = once(cluster, result.outputFiles, wanted);
      const directories = once(cluster, result.outputDirectories, wanted);
      const symlinks = once(cluster, result.outputSymlinks, wanted);
      checkKinds(cluster, [...files, ...directories, ...symlinks]);
      for (const { path, target } of symlinks) {
        const problem = targetProblem(target);
        if (problem !== undefined) throw lie(cluster.url, `output ${path}: ${problem}`);
      }
      const { stdoutDigest, stderrDigest } = result;
      const parts = { cluster, blobs, downloader };
      const trees = directories.map(({ treeDigest }) => treeDigest);
      // In two calls where directories come as Trees, however many there are: each call is a way there and back.
      const named = [...files.map(({ digest }) => digest), stdoutDigest, stderrDigest, ...trees];
      await downloader.download(
        named.filter((digest) => digest !== undefined),
        signal,
      );
      const listed = await Promise.all(directories.map((directory) => listOf(parts, directory, signal)));
      await downloader.download(
        listed.flatMap(({ contents }) => contents),
        signal,
      );
      const outputDirectories = listed.map(({ directory }) => directory);
      return { ...result, outputFiles: files, outputDirectories, outputSymlinks: symlinks };
    },
  };
}

function once<T extends { readonly path: ByteString }>(
  { url }: ClusterConnection,
  outputs: readonly T[],
  wanted: ReadonlySet<ByteString>,
): T[] {
  const kept = outputs.filter(({ path }) => wanted.has(path));
  if (new Set(kept.map(fromRoot)).size < kept.length) throw lie(url, "one output is named twice");
  return kept;
}

/** Paths come as they were asked for, or as they are seen from the root. */
function fromRoot({ path }: { readonly path: ByteString }): string {
  return path.replace(/^(?:\.\.\/)+/, "");
}

function checkKinds({ url }: ClusterConnection, outputs: readonly { readonly path: ByteString }[]): void {
  if (new Set(outputs.map(fromRoot)).size < outputs.length) throw lie(url, "one output is named as two kinds of file");
}

interface Parts {
  readonly cluster: ClusterConnection;
  readonly blobs: BlobStore;
  readonly downloader: BlobDownloader;
}

interface ListedDirectory {
  /** By one digest, its directories in the store. */
  readonly directory: OutputDirectory;
  /** Its files. */
  readonly contents: readonly Digest[];
}

/** Directory messages come in one blob where the cluster made a Tree, which is here already, else level by level. */
async function listOf(parts: Parts, directory: OutputDirectory, signal?: AbortSignal): Promise<ListedDirectory> {
  const { path, treeDigest, rootDirectoryDigest } = directory;
  const { url } = parts.cluster;
  if (treeDigest === undefined) {
    if (rootDirectoryDigest === undefined) throw lie(url, `output directory ${path} comes without a digest`);
    const contents = await downloadDirectories(parts, rootDirectoryDigest, signal);
    return { directory: { path, rootDirectoryDigest }, contents };
  }
  const { root, files } = await readTree(parts, treeDigest);
  if (rootDirectoryDigest !== undefined && !digestEquals(root, rootDirectoryDigest))
    throw lie(url, `the two digests of output directory ${path} are of different trees`);
  return { directory: { path, treeDigest }, contents: files };
}

/** The root's digest and all files of a Tree, which has every directory that it names. */
async function readTree({ cluster, blobs }: Parts, tree: Digest): Promise<{ root: Digest; files: Digest[] }> {
  const decoder = new TreeDecoder();
  const files = new Map<string, Digest>();
  const present = new Set<string>();
  const named = new Map<string, Digest>();
  let root: Digest | undefined;
  try {
    for await (const piece of blobs.read(tree))
      for (const { kind, bytes } of decoder.push(piece)) {
        const digest = { fn: tree.fn, hash: hashBytes(tree.fn, bytes), sizeBytes: bytes.byteLength };
        if (kind === "root") root = digest;
        present.add(digestKey(digest));
        if (present.size > DIRECTORIES_MAX) throw tooMany(cluster);
        const directory = decodeReapiDirectory(bytes, tree.fn);
        for (const file of directory.files) files.set(digestKey(file.digest), file.digest);
        for (const child of directory.directories) named.set(digestKey(child.digest), child.digest);
      }
    decoder.end();
  } catch (cause) {
    throw malformed(cluster.url, cause);
  }
  for (const [key, digest] of named)
    if (digest.sizeBytes > 0 && !present.has(key))
      throw lie(cluster.url, `an output's tree has no directory ${formatDigest(digest)}, which it names`);
  return { root: root!, files: [...files.values()] };
}

/** @returns all files below it. */
async function downloadDirectories(
  { cluster, blobs, downloader }: Parts,
  root: Digest,
  signal?: AbortSignal,
): Promise<readonly Digest[]> {
  const seen = new Set([digestKey(root)]);
  const queue = root.sizeBytes === 0 ? [] : [root];
  const files = new Map<string, Digest>();
  for (let at = 0; at < queue.length;) {
    const batch = queue.slice(at, at + BATCH);
    at += batch.length;
    await downloader.download(batch, signal);
    const messages = await blobs.readMany(batch);
    for (const [i, bytes] of messages.entries()) {
      const directory = decoded(cluster.url, bytes!, batch[i]!);
      for (const { digest } of directory.files) files.set(digestKey(digest), digest);
      for (const { digest } of directory.directories) {
        if (digest.sizeBytes === 0 || seen.has(digestKey(digest))) continue;
        seen.add(digestKey(digest));
        queue.push(digest);
      }
    }
    if (queue.length > DIRECTORIES_MAX) throw tooMany(cluster);
  }
  return [...files.values()];
}

function tooMany({ url }: ClusterConnection): StatusError {
  return lie(url, `an output has more than ${DIRECTORIES_MAX} directories`);
}

function decoded(url: string, bytes: Uint8Array, { fn }: Digest): ReturnType<typeof decodeReapiDirectory> {
  try {
    return decodeReapiDirectory(bytes, fn);
  } catch (cause) {
    throw malformed(url, cause);
  }
}

function malformed(url: string, cause: unknown): unknown {
  const isTheirs = cause instanceof ReapiError || (cause instanceof StatusError && cause.code === Code.InvalidArgument);
  return isTheirs ? lie(url, `an output's tree is malformed: ${cause.message}`, cause) : cause;
}

function lie(url: string, what: string, cause?: unknown): StatusError {
  return new StatusError(Code.DataLoss, `the result that cluster ${url} sent is refused: ${what}`, { cause });
}
