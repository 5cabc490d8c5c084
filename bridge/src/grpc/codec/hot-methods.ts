import type { Codec, Method, MethodKind } from "../rpc.js";
import * as actionCache from "./action-cache.js";
import * as batchRead from "./batch-read-blobs.js";
import * as batchUpdate from "./batch-update-blobs.js";
import * as byteStream from "./byte-stream.js";
import * as capabilities from "./capabilities.js";
import * as chunks from "./chunks.js";
import * as execution from "./execution.js";
import * as findMissing from "./find-missing-blobs.js";
import * as getTree from "./get-tree.js";

function method<ReqIn, ReqOut, ResIn, ResOut, Kind extends MethodKind>(
  kind: Kind,
  path: string,
  request: Codec<ReqIn, ReqOut>,
  response: Codec<ResIn, ResOut>,
): Method<ReqIn, ReqOut, ResIn, ResOut, Kind> {
  return { kind, path, request, response };
}

const CAS = "/build.bazel.remote.execution.v2.ContentAddressableStorage";
const ACTION_CACHE = "/build.bazel.remote.execution.v2.ActionCache";
const BYTE_STREAM = "/google.bytestream.ByteStream";
const EXECUTION = "/build.bazel.remote.execution.v2.Execution";

/**
 * The methods of capabilities, CAS, ByteStream, action cache and execution, with codecs written by hand: nothing is converted to objects that is only
 * passed on, and neither servers nor clients of these need the `.proto` files.
 */
export const hotMethods = {
  capabilities: {
    getCapabilities: method(
      "unary",
      "/build.bazel.remote.execution.v2.Capabilities/GetCapabilities",
      capabilities.getCapabilitiesRequest,
      capabilities.serverCapabilities,
    ),
  },
  cas: {
    findMissingBlobs: method(
      "unary",
      `${CAS}/FindMissingBlobs`,
      findMissing.findMissingBlobsRequest,
      findMissing.findMissingBlobsResponse,
    ),
    /** The same as servers have it. */
    findMissingBlobsServed: method(
      "unary",
      `${CAS}/FindMissingBlobs`,
      findMissing.servedRequest,
      findMissing.servedResponse,
    ),
    batchUpdateBlobs: method(
      "unary",
      `${CAS}/BatchUpdateBlobs`,
      batchUpdate.batchUpdateBlobsRequest,
      batchUpdate.batchUpdateBlobsResponse,
    ),
    batchReadBlobs: method(
      "unary",
      `${CAS}/BatchReadBlobs`,
      batchRead.batchReadBlobsRequest,
      batchRead.batchReadBlobsResponse,
    ),
    getTree: method("server-stream", `${CAS}/GetTree`, getTree.getTreeRequest, getTree.getTreeResponse),
    splitBlob: method("unary", `${CAS}/SplitBlob`, chunks.splitBlobRequest, chunks.splitBlobResponse),
    spliceBlob: method("unary", `${CAS}/SpliceBlob`, chunks.spliceBlobRequest, chunks.spliceBlobResponse),
  },
  byteStream: {
    read: method("server-stream", `${BYTE_STREAM}/Read`, byteStream.readRequest, byteStream.readResponse),
    write: method("client-stream", `${BYTE_STREAM}/Write`, byteStream.writeRequest, byteStream.writeResponse),
    queryWriteStatus: method(
      "unary",
      `${BYTE_STREAM}/QueryWriteStatus`,
      byteStream.queryWriteStatusRequest,
      byteStream.queryWriteStatusResponse,
    ),
  },
  actionCache: {
    getActionResult: method(
      "unary",
      `${ACTION_CACHE}/GetActionResult`,
      actionCache.getActionResultRequest,
      actionCache.actionResultBytes,
    ),
    updateActionResult: method(
      "unary",
      `${ACTION_CACHE}/UpdateActionResult`,
      actionCache.updateActionResultRequest,
      actionCache.actionResultBytes,
    ),
  },
  execution: {
    execute: method("server-stream", `${EXECUTION}/Execute`, execution.executeRequest, execution.operationUpdate),
    waitExecution: method(
      "server-stream",
      `${EXECUTION}/WaitExecution`,
      execution.nameRequest,
      execution.operationUpdate,
    ),
  },
  operations: {
    cancelOperation: method(
      "unary",
      "/google.longrunning.Operations/CancelOperation",
      execution.nameRequest,
      execution.empty,
    ),
  },
} as const;
