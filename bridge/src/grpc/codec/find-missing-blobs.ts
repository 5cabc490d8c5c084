import type { WireDigest } from "../digest-function.js";
import { DIGEST_BYTES, codecOf, readString, readWireDigest, writeWireDigest } from "./parts.js";

export interface FindMissingBlobsRequest {
  readonly instanceName: string;
  readonly blobDigests: readonly WireDigest[];
  readonly digestFunction: number;
}

export interface FindMissingBlobsResponse {
  readonly missingBlobDigests: readonly WireDigest[];
}

export const findMissingBlobsRequest = codecOf<FindMissingBlobsRequest>({
  sizeHint: ({ blobDigests }) => DIGEST_BYTES * (blobDigests.length + 1),
  write(writer, message) {
    writer.text(1, message.instanceName);
    for (const digest of message.blobDigests) writeWireDigest(writer, 2, digest);
    writer.int64(3, message.digestFunction);
  },
  read(reader) {
    let instanceName = "";
    let digestFunction = 0;
    const blobDigests: WireDigest[] = [];
    while (reader.next()) {
      if (reader.field === 2) blobDigests.push(readWireDigest(reader));
      else if (reader.field === 1) instanceName = readString(reader);
      else if (reader.field === 3) digestFunction = reader.int32();
      else reader.skip();
    }
    return { instanceName, blobDigests, digestFunction };
  },
});

export const findMissingBlobsResponse = codecOf<FindMissingBlobsResponse>({
  sizeHint: ({ missingBlobDigests }) => DIGEST_BYTES * missingBlobDigests.length,
  write(writer, { missingBlobDigests }) {
    for (const digest of missingBlobDigests) writeWireDigest(writer, 2, digest);
  },
  read(reader) {
    const missingBlobDigests: WireDigest[] = [];
    while (reader.next()) {
      if (reader.field === 2) missingBlobDigests.push(readWireDigest(reader));
      else reader.skip();
    }
    return { missingBlobDigests };
  },
});
