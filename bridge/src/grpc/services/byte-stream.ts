import { formatDigest } from "../../digest/index.js";
import { isLogStreamName, parentOfLogStream, type LogStreams } from "../../execution/index.js";
import { Code, StatusError } from "../../status/index.js";
import type { BlobStore } from "../../store/index.js";
import type { ReadRequest, ReadResponse, WriteRequest, WriteResponse } from "../codec/byte-stream.js";
import { hotMethods } from "../codec/hot-methods.js";
import { zstdCompress } from "../compression/zstd.js";
import { parseReadName, parseWriteName } from "../resource-name.js";
import { bind, type CallContext, type Service } from "../rpc.js";
import { ANY_RIGHT, UPLOAD_RIGHTS, beginCall, type InstanceOptions } from "./begin-call.js";
import { sessionKey, writeBlobCall } from "./byte-stream-write.js";
import { defaultCasLimits, type CasLimits } from "./cas-limits.js";
import { writeLogCall } from "./log-stream-write.js";
import { createUploadSessions, defaultUploadLimits, type UploadLimits } from "./upload-sessions.js";

/** What {@link createByteStreamService} works with. */
export interface ByteStreamServiceOptions extends InstanceOptions {
  readonly blobs: BlobStore;
  /** What names with a segment `logstreams` mean. */
  readonly logs?: LogStreams;
  readonly limits?: Partial<CasLimits>;
  readonly uploads?: Partial<UploadLimits>;
}

/**
 * Of one message: below this each costs more than its bytes. A client that does not read, or vanished lately, holds one that is on its way and one that
 * was read ahead.
 */
const PIECE_BYTES = 256 * 1024;

/** ByteStream over blobs and log streams. Source: google/bytestream/bytestream.proto; REAPI, ContentAddressableStorage. */
export function createByteStreamService(options: ByteStreamServiceOptions): Service {
  const { blobs, logs } = options;
  const { blobBytesMax } = { ...defaultCasLimits, ...options.limits };
  const sessions = createUploadSessions(blobs, { ...defaultUploadLimits, ...options.uploads });

  async function* read(request: ReadRequest, call: CallContext): AsyncGenerator<ReadResponse, void, undefined> {
    const { resourceName, readOffset, readLimit } = request;
    if (readLimit < 0) throw new StatusError(Code.InvalidArgument, "read_limit is negative");
    const part = { offset: readOffset, signal: call.signal, ...(readLimit === 0 ? {} : { length: readLimit }) };
    if (logs !== undefined && isLogStreamName(resourceName)) {
      beginCall(options, call, parentOfLogStream(resourceName), "read");
      for await (const data of logs.read(resourceName, part)) yield { data };
      return;
    }
    const { instanceName, digest, compressor } = parseReadName(resourceName);
    beginCall(options, call, instanceName, "read");
    call.label({ digestFunction: digest.fn, compressor });
    if (compressor !== "identity" && readLimit !== 0)
      throw new StatusError(Code.InvalidArgument, "a compressed blob is read without read_limit");
    if (readOffset < 0 || readOffset > digest.sizeBytes)
      throw new StatusError(
        Code.OutOfRange,
        `read_offset ${String(readOffset)} is outside of blob ${formatDigest(digest)}`,
      );
    const contents = blobs.read(digest, { ...part, pieceBytes: PIECE_BYTES });
    for await (const bytes of compressor === "identity" ? contents : zstdCompress(contents))
      for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) {
        const data = bytes.subarray(at, at + PIECE_BYTES);
        call.countBytes("sent", compressor, data.byteLength);
        yield { data };
      }
  }

  async function write(requests: AsyncIterable<WriteRequest>, call: CallContext): Promise<WriteResponse> {
    const messages = requests[Symbol.asyncIterator]();
    const opening = await messages.next();
    if (opening.done === true) throw new StatusError(Code.InvalidArgument, "the write has no messages");
    const first = opening.value;
    if (logs !== undefined && isLogStreamName(first.resourceName)) {
      beginCall(options, call, parentOfLogStream(first.resourceName), UPLOAD_RIGHTS);
      return writeLogCall(logs.writer(first.resourceName), first, messages);
    }
    const name = parseWriteName(first.resourceName);
    beginCall(options, call, name.instanceName, UPLOAD_RIGHTS);
    call.label({ digestFunction: name.digest.fn, compressor: name.compressor });
    return writeBlobCall({ blobs, sessions, blobBytesMax }, { name, first, rest: messages }, call);
  }

  return [
    bind(hotMethods.byteStream.read, read),
    bind(hotMethods.byteStream.write, write),
    bind(hotMethods.byteStream.queryWriteStatus, async ({ resourceName }, call) => {
      if (logs !== undefined && isLogStreamName(resourceName)) {
        beginCall(options, call, parentOfLogStream(resourceName), UPLOAD_RIGHTS);
        const { sizeBytes, finished } = logs.writer(resourceName);
        return { committedSize: sizeBytes, complete: finished };
      }
      const name = parseWriteName(resourceName);
      beginCall(options, call, name.instanceName, ANY_RIGHT);
      const { digest } = name;
      if ((await blobs.findMissing([digest])).length === 0) return { committedSize: digest.sizeBytes, complete: true };
      const committedSize = sessions.committedBytes(sessionKey(name, call));
      if (committedSize === undefined)
        throw new StatusError(Code.NotFound, `there is no upload of ${formatDigest(digest)} under this name`);
      return { committedSize, complete: false };
    }),
  ];
}
