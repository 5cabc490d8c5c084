import { formatDigest } from "../../digest/index.js";
import { Code, StatusError } from "../../status/index.js";
import type { BlobStore } from "../../store/index.js";
import type { WriteRequest, WriteResponse } from "../codec/byte-stream.js";
import { zstdDecompress, zstdDecompressAll } from "../compression/zstd.js";
import type { WriteName } from "../resource-name.js";
import type { CallContext } from "../rpc.js";
import type { Attachment, UploadSessions } from "./upload-sessions.js";

/** Blobs up to this that come in one message are stored with others in one commit. */
const ONE_MESSAGE_BYTES_MAX = 128 * 1024;

/** What a client learns of a compressed blob that was here before. */
const UNKNOWN_SIZE = -1;

/** What writing needs. */
export interface WriteParts {
  readonly blobs: BlobStore;
  readonly sessions: UploadSessions;
  readonly blobBytesMax: number;
}

/** The messages of a write, the first of which was read to learn its name. */
export interface WriteCall {
  readonly name: WriteName;
  readonly first: WriteRequest;
  /** Those behind the first. */
  readonly rest: AsyncIterator<WriteRequest>;
}

/** The name of an upload that may go on: whoever knows another's UUID still does not write into his upload. */
export function sessionKey(name: WriteName, call: CallContext): string {
  const { instanceName, uuid, digest, compressor } = name;
  return [call.caller.name, instanceName, uuid, compressor, digest.fn, formatDigest(digest)].join("\0");
}

/** ByteStream.Write of a blob, after the caller's rights were checked. */
export async function writeBlobCall(parts: WriteParts, write: WriteCall, call: CallContext): Promise<WriteResponse> {
  const { name, first } = write;
  const { digest, compressor } = name;
  if (digest.sizeBytes > parts.blobBytesMax)
    throw new StatusError(
      Code.InvalidArgument,
      `blob ${formatDigest(digest)} is larger than the ${String(parts.blobBytesMax)} bytes that this server takes`,
    );
  if ((await parts.blobs.findMissing([digest])).length === 0)
    return { committedSize: compressor === "identity" ? digest.sizeBytes : UNKNOWN_SIZE };
  if (first.finishWrite && first.writeOffset === 0 && digest.sizeBytes <= ONE_MESSAGE_BYTES_MAX) {
    call.countBytes("received", compressor, first.data.byteLength);
    const bytes = compressor === "identity" ? first.data : zstdDecompressAll(first.data, digest.sizeBytes);
    await parts.blobs.writeMany([{ bytes, expected: digest }]);
    return { committedSize: first.data.byteLength };
  }
  const attachment = parts.sessions.attach(sessionKey(name, call), digest, first.writeOffset);
  const messages = createMessages(write, call);
  try {
    if (compressor === "identity") await feed(attachment, messages.data());
    else await feed(attachment, zstdDecompress(messages.data(), digest.sizeBytes - first.writeOffset));
    // bazel-remote in front of other caches ends its stream of messages without `finish_write`.
    if (attachment.upload.committedBytes === digest.sizeBytes) messages.finish();
    if (!messages.isFinished()) return await pause(attachment);
    attachment.check();
    await attachment.upload.finish();
    attachment.done();
    return { committedSize: first.writeOffset + messages.receivedBytes() };
  } catch (error) {
    // A client that vanished, or was cut off within a frame, may come back; one that sent something wrong begins again.
    if (messages.isFinished() || messages.isWrong()) attachment.done();
    else if (!messages.isInterrupted()) return await pause(attachment);
    else attachment.park();
    throw error;
  }
}

async function pause(attachment: Attachment): Promise<WriteResponse> {
  attachment.check();
  attachment.park();
  return { committedSize: attachment.upload.committedBytes };
}

async function feed(attachment: Attachment, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const piece of pieces) {
    attachment.check();
    await attachment.upload.push(piece);
  }
}

interface Messages {
  data(): AsyncGenerator<Uint8Array, void, undefined>;
  receivedBytes(): number;
  /** Whether the client has said that this was all, or {@link finish} was called. */
  isFinished(): boolean;
  finish(): void;
  /** Whether the stream of messages failed, as it does when a client vanishes. */
  isInterrupted(): boolean;
  /** Whether the client broke the rules. */
  isWrong(): boolean;
}

/** The data of the messages, which have to follow each other. In compressed uploads offsets go on with compressed bytes. */
function createMessages({ name, first, rest }: WriteCall, call: CallContext): Messages {
  let receivedBytes = 0;
  let state: "open" | "finished" | "paused" | "interrupted" | "wrong" = "open";

  function check(message: WriteRequest): void {
    const expected = first.writeOffset + receivedBytes;
    // 0 is a field that was not set: bazel-remote sets it in the first message at most, and the digest tells anyway.
    if (message.writeOffset !== expected && (message.writeOffset !== 0 || message === first)) {
      state = "wrong";
      throw new StatusError(
        Code.InvalidArgument,
        `write_offset is ${String(message.writeOffset)}, and has to be ${String(expected)} after what came before`,
      );
    }
    if (message.resourceName !== "" && message.resourceName !== first.resourceName) {
      state = "wrong";
      throw new StatusError(Code.InvalidArgument, "resource_name changed between the messages of one write");
    }
  }

  async function* data(): AsyncGenerator<Uint8Array, void, undefined> {
    let message = first;
    for (;;) {
      check(message);
      receivedBytes += message.data.byteLength;
      call.countBytes("received", name.compressor, message.data.byteLength);
      if (message.data.byteLength > 0) yield message.data;
      if (message.finishWrite) {
        state = "finished";
        return;
      }
      let next: IteratorResult<WriteRequest>;
      try {
        next = await rest.next();
      } catch (error) {
        state = "interrupted";
        throw error;
      }
      if (next.done === true) {
        state = "paused";
        return;
      }
      message = next.value;
    }
  }

  return {
    data,
    receivedBytes: () => receivedBytes,
    isFinished: () => state === "finished",
    finish: () => {
      state = "finished";
    },
    isInterrupted: () => state === "interrupted",
    isWrong: () => state === "wrong" || state === "open",
  };
}
