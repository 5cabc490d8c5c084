import { digestKey, type Digest, type DigestFunction } from "../../digest/index.js";
import {
  ReapiError,
  TreeDecoder,
  decodeActionResult,
  decodeReapiDirectory,
  type ActionResult,
  type Directory,
} from "../../formats/reapi/index.js";
import { hashBytes } from "../../digest/index.js";
import { Code, StatusError } from "../../status/index.js";
import type { StoreCore } from "../store-core.js";
import { checkDirectoryCount } from "./castore-walk.js";

/** Directories read from the blob store in one go. */
const BATCH = 512;

/** Reads an `ActionResult`. @throws StatusError InvalidArgument. */
export function parseActionResult(bytes: Uint8Array, fn: DigestFunction): ActionResult {
  try {
    return decodeActionResult(bytes, fn);
  } catch (error) {
    if (error instanceof ReapiError || error instanceof StatusError)
      throw new StatusError(Code.InvalidArgument, `malformed ActionResult: ${error.message}`, { cause: error });
    throw error;
  }
}

/**
 * Every blob that an action result names, directly or below its trees, each once. Blobs that are absent are named, and what is below them is not.
 *
 * @throws StatusError InvalidArgument if a tree or directory is malformed, ResourceExhausted if it is too large.
 */
export async function blobsOfResult(core: StoreCore, result: ActionResult): Promise<Digest[]> {
  const named = new Map<string, Digest>();
  const add = (digest: Digest | undefined): boolean => {
    if (digest === undefined || named.has(digestKey(digest))) return false;
    named.set(digestKey(digest), digest);
    return true;
  };
  const roots: Digest[] = [];
  for (const file of result.outputFiles) add(file.digest);
  add(result.stdoutDigest);
  add(result.stderrDigest);
  for (const directory of result.outputDirectories) {
    if (directory.treeDigest !== undefined && add(directory.treeDigest)) await addTree(core, directory.treeDigest, add);
    if (directory.rootDirectoryDigest !== undefined) roots.push(directory.rootDirectoryDigest);
  }
  await addDirectories(core, roots, add);
  return [...named.values()];
}

/** The files that a Tree's directories name. A directory that none of its records holds is named as a blob, for a client may have sent it so. */
async function addTree(core: StoreCore, tree: Digest, add: (digest: Digest) => boolean): Promise<void> {
  if (core.blobIndex.find(tree) === undefined) return;
  const decoder = new TreeDecoder();
  const held = new Set<string>();
  const wanted = new Map<string, Digest>();
  const visit = (bytes: Uint8Array): void => {
    const directory = parseDirectory(bytes, tree.fn);
    held.add(hashBytes(tree.fn, bytes));
    checkDirectoryCount(held.size);
    for (const { digest } of directory.files) add(digest);
    for (const { digest } of directory.directories) wanted.set(digest.hash, digest);
  };
  for await (const piece of core.blobs.read(tree))
    for (const { bytes } of parsing(() => decoder.push(piece))) visit(bytes);
  parsing(() => {
    decoder.end();
  });
  const elsewhere = [...wanted.values()].filter(({ hash, sizeBytes }) => sizeBytes > 0 && !held.has(hash));
  await addDirectories(core, elsewhere, add);
}

/** Directory messages in the blob store, and everything below them. */
async function addDirectories(
  core: StoreCore,
  roots: readonly Digest[],
  add: (digest: Digest) => boolean,
): Promise<void> {
  let level = roots.filter(add);
  let count = 0;
  while (level.length > 0) {
    const batch = level.slice(0, BATCH);
    level = level.slice(BATCH);
    count += batch.length;
    checkDirectoryCount(count);
    const messages = await core.blobs.readMany(batch);
    for (const [i, bytes] of messages.entries()) {
      if (bytes === undefined) continue;
      const directory = parseDirectory(bytes, batch[i]!.fn);
      for (const { digest } of directory.files) add(digest);
      for (const { digest } of directory.directories) if (add(digest)) level.push(digest);
    }
  }
}

/** Reads a `Directory` that came from outside. @throws StatusError InvalidArgument. */
export function parseDirectory(bytes: Uint8Array, fn: DigestFunction): Directory {
  return parsing(() => decodeReapiDirectory(bytes, fn));
}

/** Runs a decoder of messages from outside. @throws StatusError InvalidArgument for what it refuses. */
export function parsing<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof ReapiError || error instanceof StatusError)
      throw new StatusError(Code.InvalidArgument, `malformed directory tree: ${error.message}`, { cause: error });
    throw error;
  }
}
