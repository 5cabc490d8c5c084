import type { WireReader } from "../../formats/wire/index.js";
import type { WireDigest } from "../digest-function.js";
import {
  DIGEST_BYTES,
  codecOf,
  readRpcStatus,
  readString,
  readWireDigest,
  writeRpcStatus,
  writeWireDigest,
  type RpcStatus,
} from "./parts.js";

/** One blob to store. */
export interface BatchUpdateRequest {
  /** Of the uncompressed bytes. */
  readonly digest: WireDigest | undefined;
  readonly data: Uint8Array;
  readonly compressor: number;
}

export interface BatchUpdateBlobsRequest {
  readonly instanceName: string;
  readonly requests: readonly BatchUpdateRequest[];
  readonly digestFunction: number;
}

/** What became of one blob. */
export interface BatchUpdateResponse {
  readonly digest: WireDigest | undefined;
  /** Absent: stored. */
  readonly status: RpcStatus | undefined;
}

export interface BatchUpdateBlobsResponse {
  readonly responses: readonly BatchUpdateResponse[];
}

const nothing: Uint8Array = new Uint8Array();

export const batchUpdateBlobsRequest = codecOf<BatchUpdateBlobsRequest>({
  sizeHint: ({ requests }) =>
    requests.reduce((sum, { data }) => sum + data.byteLength + DIGEST_BYTES + 16, DIGEST_BYTES),
  write(writer, message) {
    writer.text(1, message.instanceName);
    for (const { digest, data, compressor } of message.requests) {
      writer.message(2, () => {
        writeWireDigest(writer, 1, digest);
        writer.bytes(2, data);
        writer.int64(3, compressor);
      });
    }
    writer.int64(5, message.digestFunction);
  },
  read(reader) {
    let instanceName = "";
    let digestFunction = 0;
    const requests: BatchUpdateRequest[] = [];
    while (reader.next()) {
      if (reader.field === 2) requests.push(readRequest(reader.message()));
      else if (reader.field === 1) instanceName = readString(reader);
      else if (reader.field === 5) digestFunction = reader.int32();
      else reader.skip();
    }
    return { instanceName, requests, digestFunction };
  },
});

function readRequest(reader: WireReader): BatchUpdateRequest {
  let digest: WireDigest | undefined;
  let data = nothing;
  let compressor = 0;
  while (reader.next()) {
    if (reader.field === 1) digest = readWireDigest(reader);
    else if (reader.field === 2) data = reader.bytes();
    else if (reader.field === 3) compressor = reader.int32();
    else reader.skip();
  }
  return { digest, data, compressor };
}

export const batchUpdateBlobsResponse = codecOf<BatchUpdateBlobsResponse>({
  sizeHint: ({ responses }) => DIGEST_BYTES * (responses.length + 1),
  write(writer, { responses }) {
    for (const { digest, status } of responses)
      writer.message(1, () => {
        writeWireDigest(writer, 1, digest);
        writeRpcStatus(writer, 2, status);
      });
  },
  read(reader) {
    const responses: BatchUpdateResponse[] = [];
    while (reader.next()) {
      if (reader.field === 1) responses.push(readResponse(reader.message()));
      else reader.skip();
    }
    return { responses };
  },
});

function readResponse(reader: WireReader): BatchUpdateResponse {
  let digest: WireDigest | undefined;
  let status: RpcStatus | undefined;
  while (reader.next()) {
    if (reader.field === 1) digest = readWireDigest(reader);
    else if (reader.field === 2) status = readRpcStatus(reader);
    else reader.skip();
  }
  return { digest, status };
}
