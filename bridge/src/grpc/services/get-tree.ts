import { formatDigest, type Digest } from "../../digest/index.js";
import { ReapiError, decodeReapiDirectory } from "../../formats/reapi/index.js";
import { Code, StatusError } from "../../status/index.js";
import type { BlobStore } from "../../store/index.js";
import type { GetTreeRequest, GetTreeResponse } from "../codec/get-tree.js";
import { checkDigest, digestFunctionOf } from "../digest-function.js";
import type { CallContext } from "../rpc.js";

/** Directories of one page, unless the client wants fewer. */
const PAGE_DIRECTORIES_MAX = 1_024;
/** A page is sent when it has grown to this: well below what clients receive, and large enough that pages cost nothing. */
const PAGE_BYTES = 1024 * 1024;
/** A larger `Directory` does not fit a message with anything else. */
const DIRECTORY_BYTES_MAX = 3 * 1024 * 1024;
/** Read from the store in one go: at most this many, and about so many bytes. */
const READ_MAX = 512;
const READ_BYTES_MAX = 8 * 1024 * 1024;
/** Each distinct directory of a tree costs some 100 bytes of memory while the call lasts. */
const DIRECTORIES_MAX = 1_000_000;

/**
 * GetTree: every distinct directory below a root once, the root first, those that are absent left out. The order depends on nothing but the
 * tree and what of it is here, so that a token can be the number of directories that came before.
 */
export async function* getTree(
  blobs: BlobStore,
  request: GetTreeRequest,
  call: CallContext,
): AsyncGenerator<GetTreeResponse, void, undefined> {
  const fn = digestFunctionOf(request.digestFunction, request.rootDigest?.hash);
  call.label({ digestFunction: fn });
  const root = checkDigest(fn, request.rootDigest, "root_digest");
  if (request.pageSize < 0) throw new StatusError(Code.InvalidArgument, "page_size is negative");
  const pageMax = Math.min(request.pageSize === 0 ? PAGE_DIRECTORIES_MAX : request.pageSize, PAGE_DIRECTORIES_MAX);
  const skipped = parseToken(request.pageToken, root);
  let sent = 0;
  let page: Uint8Array[] = [];
  let pageBytes = 0;
  for await (const directory of walk(blobs, root, call.signal)) {
    if (sent + page.length < skipped) {
      sent++;
      continue;
    }
    if (page.length > 0 && (page.length >= pageMax || pageBytes + directory.byteLength > PAGE_BYTES)) {
      sent += page.length;
      yield { directories: page, nextPageToken: tokenOf(sent, root) };
      page = [];
      pageBytes = 0;
    }
    page.push(directory);
    pageBytes += directory.byteLength;
  }
  if (sent < skipped && page.length === 0)
    throw new StatusError(Code.InvalidArgument, "page_token points behind the end of the tree");
  yield { directories: page, nextPageToken: "" };
}

/** The `Directory` messages of a tree, breadth first. @throws StatusError NotFound for the root; InvalidArgument; ResourceExhausted. */
async function* walk(blobs: BlobStore, root: Digest, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  const seen = new Set([root.hash]);
  let queue: Digest[] = [root];
  while (queue.length > 0) {
    const count = batchLength(queue);
    const batch = queue.slice(0, count);
    queue = queue.slice(count);
    const messages = await blobs.readMany(batch, { signal });
    for (const [i, bytes] of messages.entries()) {
      if (bytes === undefined) {
        if (batch[i] === root)
          throw new StatusError(Code.NotFound, `the root directory ${formatDigest(root)} is not in the store`);
        continue;
      }
      for (const child of childrenOf(bytes, batch[i]!)) {
        if (seen.has(child.hash)) continue;
        seen.add(child.hash);
        queue.push(child);
      }
      if (seen.size > DIRECTORIES_MAX)
        throw new StatusError(
          Code.ResourceExhausted,
          `the tree has more than ${String(DIRECTORIES_MAX)} distinct directories; ask for a part of it`,
        );
      yield bytes;
    }
  }
}

function batchLength(queue: readonly Digest[]): number {
  let sizeBytes = 0;
  let count = 0;
  for (const digest of queue) {
    if (digest.sizeBytes > DIRECTORY_BYTES_MAX)
      throw new StatusError(
        Code.InvalidArgument,
        `${formatDigest(digest)} is larger than a directory can be (${String(DIRECTORY_BYTES_MAX)} bytes)`,
      );
    sizeBytes += digest.sizeBytes;
    if (count > 0 && (count >= READ_MAX || sizeBytes > READ_BYTES_MAX)) break;
    count++;
  }
  return count;
}

function childrenOf(bytes: Uint8Array, digest: Digest): Digest[] {
  try {
    return decodeReapiDirectory(bytes, digest.fn).directories.map((node) => node.digest);
  } catch (error) {
    if (!(error instanceof ReapiError)) throw error;
    throw new StatusError(Code.InvalidArgument, `${formatDigest(digest)} is no Directory: ${error.message}`, {
      cause: error,
    });
  }
}

/** A token names its root, so that one of another tree is noticed. */
function tokenOf(sent: number, root: Digest): string {
  return `${root.hash.slice(0, 16)}.${String(sent)}`;
}

function parseToken(token: string, root: Digest): number {
  if (token === "") return 0;
  const match = /^([0-9a-f]{16})\.([1-9][0-9]{0,8})$/.exec(token);
  if (match?.[1] !== root.hash.slice(0, 16))
    throw new StatusError(Code.InvalidArgument, "page_token is none that this server gave for this root_digest");
  return Number(match[2]);
}
