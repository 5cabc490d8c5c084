import type { WireDigest } from "../digest-function.js";
import { DIGEST_BYTES, codecOf, readString, readWireDigest, writeWireDigest } from "./parts.js";

export interface SplitBlobRequest {
  readonly instanceName: string;
  readonly blobDigest: WireDigest | undefined;
  readonly digestFunction: number;
  readonly chunkingFunction: number;
}

export interface SplitBlobResponse {
  readonly chunkDigests: readonly WireDigest[];
  readonly chunkingFunction: number;
}

export interface SpliceBlobRequest {
  readonly instanceName: string;
  readonly blobDigest: WireDigest | undefined;
  readonly chunkDigests: readonly WireDigest[];
  readonly digestFunction: number;
  readonly chunkingFunction: number;
}

export interface SpliceBlobResponse {
  readonly blobDigest: WireDigest | undefined;
}

/** `ChunkingFunction.Value` of FastCDC 2020. */
export const FAST_CDC_2020 = 1;

export const splitBlobRequest = codecOf<SplitBlobRequest>({
  write(writer, message) {
    writer.text(1, message.instanceName);
    writeWireDigest(writer, 2, message.blobDigest);
    writer.int64(3, message.digestFunction);
    writer.int64(4, message.chunkingFunction);
  },
  read(reader) {
    let blobDigest: WireDigest | undefined;
    const message = { instanceName: "", digestFunction: 0, chunkingFunction: 0 };
    while (reader.next()) {
      if (reader.field === 1) message.instanceName = readString(reader);
      else if (reader.field === 2) blobDigest = readWireDigest(reader);
      else if (reader.field === 3) message.digestFunction = reader.int32();
      else if (reader.field === 4) message.chunkingFunction = reader.int32();
      else reader.skip();
    }
    return { ...message, blobDigest };
  },
});

export const splitBlobResponse = codecOf<SplitBlobResponse>({
  sizeHint: ({ chunkDigests }) => DIGEST_BYTES * (chunkDigests.length + 1),
  write(writer, message) {
    for (const digest of message.chunkDigests) writeWireDigest(writer, 1, digest);
    writer.int64(2, message.chunkingFunction);
  },
  read(reader) {
    const chunkDigests: WireDigest[] = [];
    let chunkingFunction = 0;
    while (reader.next()) {
      if (reader.field === 1) chunkDigests.push(readWireDigest(reader));
      else if (reader.field === 2) chunkingFunction = reader.int32();
      else reader.skip();
    }
    return { chunkDigests, chunkingFunction };
  },
});

export const spliceBlobRequest = codecOf<SpliceBlobRequest>({
  sizeHint: ({ chunkDigests }) => DIGEST_BYTES * (chunkDigests.length + 2),
  write(writer, message) {
    writer.text(1, message.instanceName);
    writeWireDigest(writer, 2, message.blobDigest);
    for (const digest of message.chunkDigests) writeWireDigest(writer, 3, digest);
    writer.int64(4, message.digestFunction);
    writer.int64(5, message.chunkingFunction);
  },
  read(reader) {
    let blobDigest: WireDigest | undefined;
    const chunkDigests: WireDigest[] = [];
    const message = { instanceName: "", digestFunction: 0, chunkingFunction: 0 };
    while (reader.next()) {
      if (reader.field === 1) message.instanceName = readString(reader);
      else if (reader.field === 2) blobDigest = readWireDigest(reader);
      else if (reader.field === 3) chunkDigests.push(readWireDigest(reader));
      else if (reader.field === 4) message.digestFunction = reader.int32();
      else if (reader.field === 5) message.chunkingFunction = reader.int32();
      else reader.skip();
    }
    return { ...message, blobDigest, chunkDigests };
  },
});

export const spliceBlobResponse = codecOf<SpliceBlobResponse>({
  write(writer, { blobDigest }) {
    writeWireDigest(writer, 1, blobDigest);
  },
  read(reader) {
    let blobDigest: WireDigest | undefined;
    while (reader.next()) {
      if (reader.field === 1) blobDigest = readWireDigest(reader);
      else reader.skip();
    }
    return { blobDigest };
  },
});
