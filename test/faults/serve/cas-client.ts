import { randomUUID } from "node:crypto";
import { digestBytes, type Digest, type DigestFunction } from "@causeway/bridge/digest";
import {
  digestFunctionNumber,
  formatReadName,
  formatWriteName,
  hotMethods,
  zstdCompress,
  zstdDecompress,
  type Compressor,
  type GrpcChannel,
} from "@causeway/bridge/grpc";
import { Code, StatusError } from "@causeway/bridge/status";

/** What a REAPI client does with blobs and results, in as few words as tests want. */
export interface CasClient {
  /** Every one was acknowledged. @throws StatusError of the call, or of the first blob that was refused. */
  putBatch(fn: DigestFunction, blobs: readonly Uint8Array[]): Promise<Digest[]>;
  putStream(fn: DigestFunction, blob: Uint8Array, compressor?: Compressor): Promise<Digest>;
  /** `undefined` for those that are not there. @throws StatusError for whatever else is wrong with one. */
  getBatch(digests: readonly Digest[]): Promise<(Uint8Array | undefined)[]>;
  getStream(digest: Digest, compressor?: Compressor): Promise<Uint8Array | undefined>;
  findMissing(digests: readonly Digest[]): Promise<string[]>;
  putResult(action: Digest, result: Uint8Array): Promise<void>;
  getResult(action: Digest): Promise<Uint8Array | undefined>;
}

const PIECE_BYTES = 100_000;

export function createCasClient(channel: GrpcChannel, instanceName = ""): CasClient {
  const { cas, byteStream, actionCache } = hotMethods;
  const digestFunction = (digests: readonly Digest[]): number => digestFunctionNumber[digests[0]?.fn ?? "sha256"];

  return {
    async putBatch(fn, blobs) {
      const digests = blobs.map((blob) => digestBytes(fn, blob));
      const requests = blobs.map((data, i) => ({ digest: digests[i]!, data, compressor: 0 }));
      const answer = await channel.unary(cas.batchUpdateBlobs, {
        ...{ instanceName, requests },
        digestFunction: digestFunction(digests),
      });
      if (answer.responses.length !== blobs.length) throw new Error("a batch was answered with fewer blobs");
      for (const { status } of answer.responses)
        if (status !== undefined && status.code !== Code.Ok) throw new StatusError(status.code as Code, status.message);
      return digests;
    },
    async putStream(fn, blob, compressor = "identity") {
      const digest = digestBytes(fn, blob);
      const resourceName = formatWriteName({ instanceName, uuid: randomUUID(), digest, compressor });
      await channel.clientStream(byteStream.write, messages(resourceName, blob, compressor));
      return digest;
    },
    async getBatch(digests) {
      const answer = await channel.unary(cas.batchReadBlobs, {
        ...{ instanceName, digests, acceptableCompressors: [] },
        digestFunction: digestFunction(digests),
      });
      return answer.responses.map(({ data, status }) => {
        if (status === undefined || status.code === Code.Ok) return data;
        if (status.code === Code.NotFound) return undefined;
        throw new StatusError(status.code as Code, status.message);
      });
    },
    async getStream(digest, compressor = "identity") {
      const request = {
        resourceName: formatReadName({ instanceName, digest, compressor }),
        readOffset: 0,
        readLimit: 0,
      };
      const data = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
        for await (const message of channel.serverStream(byteStream.read, request)) yield message.data;
      };
      try {
        const pieces = compressor === "identity" ? data() : zstdDecompress(data(), digest.sizeBytes);
        return Buffer.concat(await Array.fromAsync(pieces));
      } catch (error) {
        throwUnlessAbsent(error);
        return undefined;
      }
    },
    async findMissing(digests) {
      const { missingBlobDigests } = await channel.unary(cas.findMissingBlobs, {
        ...{ instanceName, blobDigests: digests },
        digestFunction: digestFunction(digests),
      });
      return missingBlobDigests.map(({ hash }) => hash);
    },
    async putResult(action, actionResult) {
      const request = { instanceName, actionDigest: action, actionResult, digestFunction: digestFunction([action]) };
      await channel.unary(actionCache.updateActionResult, request);
    },
    async getResult(action) {
      const request = { instanceName, actionDigest: action, digestFunction: digestFunction([action]) };
      const inline = { inlineStdout: false, inlineStderr: false, inlineOutputFiles: [] };
      try {
        return await channel.unary(actionCache.getActionResult, { ...request, ...inline });
      } catch (error) {
        throwUnlessAbsent(error);
        return undefined;
      }
    },
  };
}

async function* messages(resourceName: string, blob: Uint8Array, compressor: Compressor) {
  let at = 0;
  const whole = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    for (let from = 0; from < blob.byteLength; from += PIECE_BYTES) yield blob.subarray(from, from + PIECE_BYTES);
  };
  for await (const data of compressor === "identity" ? whole() : zstdCompress(whole())) {
    yield { resourceName: at === 0 ? resourceName : "", writeOffset: at, finishWrite: false, data };
    at += data.byteLength;
  }
  yield { resourceName: at === 0 ? resourceName : "", writeOffset: at, finishWrite: true, data: new Uint8Array() };
}

function throwUnlessAbsent(error: unknown): void {
  if (!(error instanceof StatusError && error.code === Code.NotFound)) throw error;
}
