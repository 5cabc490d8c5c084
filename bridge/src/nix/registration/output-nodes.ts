import { blobResourceName, type Digest } from "../../digest/index.js";
import {
  byteStringOf,
  targetProblem,
  type ActionResult,
  type ByteString,
  type CastoreNode,
  type OutputDirectory,
  type OutputFile,
  type StorePath,
} from "../../formats/index.js";
import { Code, StatusError } from "../../status/index.js";
import type { Store } from "../../store/index.js";

/**
 * The outputs of a result as castore nodes, by store path. What a worker names beside them is overlooked; whatever it names is read and
 * checked again here.
 *
 * @throws StatusError FailedPrecondition (missing blobs in `details`); InvalidArgument for names, targets or trees that are malformed.
 */
export async function outputNodes(
  store: Store,
  result: ActionResult,
  paths: Iterable<StorePath>,
  storeDir: string,
): Promise<ReadonlyMap<StorePath, CastoreNode>> {
  const wanted = new Map<ByteString, StorePath>();
  for (const path of paths) for (const form of outputPathForms(path, storeDir)) wanted.set(form, path);
  const nodes = new Map<StorePath, CastoreNode>();
  for (const symlink of result.outputSymlinks) {
    const path = wanted.get(symlink.path);
    if (path !== undefined) nodes.set(path, symlinkNode(symlink.target, path));
  }
  for (const file of result.outputFiles) {
    const path = wanted.get(file.path);
    if (path !== undefined) nodes.set(path, await fileNode(store, file));
  }
  for (const directory of result.outputDirectories) {
    const path = wanted.get(directory.path);
    if (path !== undefined) nodes.set(path, await directoryNode(store, directory, path));
  }
  return nodes;
}

/** From the working directory, as we ask for it and as services should echo it; or from the root. */
export function outputPathForms(path: StorePath, storeDir: string): readonly ByteString[] {
  const fromRoot = `${storeDir.replace(/^\/+/, "")}/${path}`;
  return [byteStringOf(`../${fromRoot}`), byteStringOf(fromRoot)];
}

function symlinkNode(target: ByteString, path: StorePath): CastoreNode {
  const problem = targetProblem(target);
  if (problem !== undefined) throw new StatusError(Code.InvalidArgument, `output '${path}': ${problem}`);
  return { type: "symlink", target };
}

async function fileNode({ blobs }: Store, file: OutputFile): Promise<CastoreNode> {
  let info = await blobs.stat(file.digest);
  if (info === undefined && file.contents !== undefined)
    info = (await blobs.writeMany([{ bytes: file.contents, expected: file.digest }]))[0];
  if (info === undefined) throw missing(file.digest);
  return { type: "file", digest: info.blake3, size: info.sizeBytes, executable: file.isExecutable };
}

async function directoryNode({ trees }: Store, directory: OutputDirectory, path: StorePath): Promise<CastoreNode> {
  if (directory.rootDirectoryDigest !== undefined) return trees.fromReapi(directory.rootDirectoryDigest);
  if (directory.treeDigest !== undefined) return trees.fromTree(directory.treeDigest);
  throw new StatusError(Code.InvalidArgument, `output directory '${path}' comes without a digest`);
}

function missing(digest: Digest): StatusError {
  const subject = blobResourceName(digest);
  return new StatusError(Code.FailedPrecondition, `an output's contents are missing: ${subject}`, {
    details: [{ kind: "missing-blobs", subjects: [subject] }],
  });
}
