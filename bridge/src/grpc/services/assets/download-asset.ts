import { createHash } from "node:crypto";
import type { BlobInfo } from "../../../digest/index.js";
import type { NixHash } from "../../../formats/index.js";
import { Code, StatusError } from "../../../status/index.js";
import type { BlobStore } from "../../../store/index.js";
import { readChecksum } from "./checksum.js";

/** How to download. */
export interface DownloadOptions {
  /** Larger ones are refused while they come. */
  readonly sizeBytesMax: number;
  readonly signal: AbortSignal;
  /** In the form of Subresource Integrity; checked before anything is stored under its name. */
  readonly checksum?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Downloads a file over HTTP(S) into the blob store.
 *
 * @throws StatusError NotFound, PermissionDenied, Unauthenticated or Unavailable, as the server says; Aborted if the checksum is another;
 *   ResourceExhausted; InvalidArgument for a URI that is not HTTP(S) or a checksum that cannot be read.
 */
export async function downloadAsset(blobs: BlobStore, uri: string, options: DownloadOptions): Promise<BlobInfo> {
  if (!/^https?:\/\//i.test(uri))
    throw new StatusError(Code.InvalidArgument, `'${uri}' cannot be downloaded: only http and https can`);
  const wanted = options.checksum === undefined ? undefined : readChecksum(options.checksum);
  const response = await request(uri, options);
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new StatusError(codeOfHttp(response.status), `${uri}: HTTP ${String(response.status)}`);
  }
  return blobs.write(checked(response.body, uri, wanted, options.sizeBytesMax), undefined, { signal: options.signal });
}

async function request(uri: string, { signal, headers }: DownloadOptions): Promise<Response> {
  try {
    return await fetch(uri, { signal, ...(headers === undefined ? {} : { headers }) });
  } catch (cause) {
    if (signal.aborted) throw StatusError.from(signal.reason);
    throw new StatusError(Code.Unavailable, `cannot download ${uri}: ${messageOf(cause)}`, { cause });
  }
}

/** What fetch throws hides its reason in its cause. */
function messageOf(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error ? cause.message : message;
}

async function* checked(
  body: AsyncIterable<Uint8Array>,
  uri: string,
  wanted: NixHash | undefined,
  sizeBytesMax: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const hasher = wanted && createHash(wanted.algorithm);
  let sizeBytes = 0;
  for await (const piece of body) {
    sizeBytes += piece.byteLength;
    if (sizeBytes > sizeBytesMax)
      throw new StatusError(Code.ResourceExhausted, `${uri} is larger than ${String(sizeBytesMax)} bytes`);
    hasher?.update(piece);
    if (piece.byteLength > 0) yield piece;
  }
  const found = hasher?.digest("hex");
  if (found !== wanted?.hex)
    throw new StatusError(Code.Aborted, `${uri} has the ${wanted!.algorithm} ${found!}, not ${wanted!.hex}`);
}

function codeOfHttp(status: number): Code {
  if (status === 404 || status === 410) return Code.NotFound;
  if (status === 401) return Code.Unauthenticated;
  if (status === 403) return Code.PermissionDenied;
  return Code.Unavailable;
}
