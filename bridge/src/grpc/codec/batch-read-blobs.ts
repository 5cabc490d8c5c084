import type { WireReader } from "../../formats/wire/index.js";
import type { WireDigest } from "../digest-function.js";
import {
  DIGEST_BYTES,
  codecOf,
  readInts,
  readRpcStatus,
  readString,
  readWireDigest,
  writeInts,
  writeRpcStatus,
  writeWireDigest,
  type RpcStatus,
} from "./parts.js";

export interface BatchReadBlobsRequest {
  readonly instanceName: string;
  readonly digests: readonly WireDigest[];
  readonly acceptableCompressors: readonly number[];
  readonly digestFunction: number;
}

/** One blob, or why it is not here. */
export interface BatchReadResponse {
  readonly digest: WireDigest | undefined;
  readonly data: Uint8Array;
  /** Absent: read. */
  readonly status: RpcStatus | undefined;
  readonly compressor: number;
}

export interface BatchReadBlobsResponse {
  readonly responses: readonly BatchReadResponse[];
}

const nothing: Uint8Array = new Uint8Array();

export const batchReadBlobsRequest = codecOf<BatchReadBlobsRequest>({
  sizeHint: ({ digests }) => DIGEST_BYTES * (digests.length + 1),
  write(writer, message) {
    writer.text(1, message.instanceName);
    for (const digest of message.digests) writeWireDigest(writer, 2, digest);
    writeInts(writer, 3, message.acceptableCompressors);
    writer.int64(4, message.digestFunction);
  },
  read(reader) {
    let instanceName = "";
    let digestFunction = 0;
    const digests: WireDigest[] = [];
    const acceptableCompressors: number[] = [];
    while (reader.next()) {
      if (reader.field === 2) digests.push(readWireDigest(reader));
      else if (reader.field === 1) instanceName = readString(reader);
      else if (reader.field === 3) readInts(reader, acceptableCompressors);
      else if (reader.field === 4) digestFunction = reader.int32();
      else reader.skip();
    }
    return { instanceName, digests, acceptableCompressors, digestFunction };
  },
});

export const batchReadBlobsResponse = codecOf<BatchReadBlobsResponse>({
  sizeHint: ({ responses }) =>
    responses.reduce((sum, { data }) => sum + data.byteLength + DIGEST_BYTES + 16, DIGEST_BYTES),
  write(writer, { responses }) {
    for (const { digest, data, status, compressor } of responses)
      writer.message(1, () => {
        writeWireDigest(writer, 1, digest);
        writer.bytes(2, data);
        writeRpcStatus(writer, 3, status);
        writer.int64(4, compressor);
      });
  },
  read(reader) {
    const responses: BatchReadResponse[] = [];
    while (reader.next()) {
      if (reader.field === 1) responses.push(readResponse(reader.message()));
      else reader.skip();
    }
    return { responses };
  },
});

function readResponse(reader: WireReader): BatchReadResponse {
  let digest: WireDigest | undefined;
  let data = nothing;
  let status: RpcStatus | undefined;
  let compressor = 0;
  while (reader.next()) {
    if (reader.field === 1) digest = readWireDigest(reader);
    else if (reader.field === 2) data = reader.bytes();
    else if (reader.field === 3) status = readRpcStatus(reader);
    else if (reader.field === 4) compressor = reader.int32();
    else reader.skip();
  }
  return { digest, data, status, compressor };
}
