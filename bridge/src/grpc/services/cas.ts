import { unpackDigests } from "../../digest/index.js";
import { isLocalBlobStore, type BlobStore } from "../../store/index.js";
import { fieldsOf } from "../codec/find-missing-blobs.js";
import { hotMethods } from "../codec/hot-methods.js";
import { checkDigest, digestFunctionOf } from "../digest-function.js";
import { bind, type Service } from "../rpc.js";
import { readBatch, updateBatch } from "./batches.js";
import { ANY_RIGHT, UPLOAD_RIGHTS, beginCall, type InstanceOptions } from "./begin-call.js";
import { defaultCasLimits, type CasLimits } from "./cas-limits.js";
import { createChunks } from "./chunks.js";
import { getTree } from "./get-tree.js";

/** What the CAS is made of. */
export interface CasServiceOptions extends InstanceOptions {
  readonly blobs: BlobStore;
  readonly limits?: Partial<CasLimits>;
}

/** ContentAddressableStorage. Instances share blobs; who may do what is asked for each. Source: REAPI, remote_execution.proto. */
export function createCasService(options: CasServiceOptions): Service {
  const { blobs } = options;
  const limits = { ...defaultCasLimits, ...options.limits };
  const chunks = createChunks(blobs, limits.blobBytesMax);
  return [
    bind(hotMethods.cas.findMissingBlobsServed, async (request, call) => {
      beginCall(options, call, request.instanceName, ANY_RIGHT);
      if ("fieldsAt" in request) {
        const fn = digestFunctionOf(request.digestFunction);
        call.label({ digestFunction: fn });
        const digests = { ...request.digests, fn };
        if (isLocalBlobStore(blobs))
          return { fields: fieldsOf(request, await blobs.findMissingPacked(digests, { signal: call.signal })) };
        return { missingBlobDigests: await blobs.findMissing(unpackDigests(digests), { signal: call.signal }) };
      }
      const fn = digestFunctionOf(request.digestFunction, request.blobDigests[0]?.hash);
      call.label({ digestFunction: fn });
      const digests = request.blobDigests.map((digest) => checkDigest(fn, digest, "a digest of blob_digests"));
      return { missingBlobDigests: await blobs.findMissing(digests, { signal: call.signal }) };
    }),
    bind(hotMethods.cas.batchUpdateBlobs, async (request, call) => {
      beginCall(options, call, request.instanceName, UPLOAD_RIGHTS);
      return updateBatch(blobs, request, limits.batchBytesMax, call);
    }),
    bind(hotMethods.cas.batchReadBlobs, async (request, call) => {
      beginCall(options, call, request.instanceName, "read");
      return readBatch(blobs, request, limits.batchBytesMax, call);
    }),
    bind(hotMethods.cas.getTree, async function* (request, call) {
      beginCall(options, call, request.instanceName, "read");
      yield* getTree(blobs, request, call);
    }),
    bind(hotMethods.cas.splitBlob, async (request, call) => {
      beginCall(options, call, request.instanceName, "read");
      return chunks.split(request, call);
    }),
    bind(hotMethods.cas.spliceBlob, async (request, call) => {
      beginCall(options, call, request.instanceName, UPLOAD_RIGHTS);
      return { blobDigest: await chunks.splice(request, call) };
    }),
  ];
}
