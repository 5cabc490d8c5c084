import type { Operation as OperationMessage } from "@causeway/reapi-protos/types/google/longrunning/Operation.js";
import type { ExecuteResponse, Operation, OperationState } from "../../execution/index.js";
import { encodeActionResult } from "../../formats/index.js";
import { WireWriter } from "../../formats/wire/index.js";
import type { BlobStore } from "../../store/index.js";
import { encodeStatus } from "../status-details.js";
import { withInlined } from "./inline-outputs.js";

const TYPES = "type.googleapis.com/build.bazel.remote.execution.v2.";

/** Numbers of `ExecutionStage.Value` and `DigestFunction.Value`. Source: remote_execution.proto. */
const STAGES = { "cache-check": 1, queued: 2, executing: 3, completed: 4 } as const;
const FUNCTIONS = { sha256: 1, blake3: 9 } as const;

/** An operation in one of its states, as `google.longrunning.Operation`. `error` is never set: REAPI, Execute. */
export async function operationMessage(
  blobs: Pick<BlobStore, "readMany">,
  operation: Operation,
  state: OperationState,
): Promise<OperationMessage> {
  const message: OperationMessage = {
    name: operation.name,
    metadata: { type_url: `${TYPES}ExecuteOperationMetadata`, value: encodeMetadata(operation, state) },
  };
  if (state.stage !== "completed") return message;
  const value = encodeExecuteResponse(await inlined(blobs, operation, state.response));
  return { ...message, done: true, response: { type_url: `${TYPES}ExecuteResponse`, value } };
}

async function inlined(
  blobs: Pick<BlobStore, "readMany">,
  { request: { inline } }: Operation,
  response: ExecuteResponse,
): Promise<ExecuteResponse> {
  if (inline === undefined || response.result === undefined) return response;
  return { ...response, result: await withInlined(blobs, response.result, inline) };
}

/** The `ExecuteOperationMetadata` message. */
function encodeMetadata({ request, logs }: Operation, state: OperationState): Buffer {
  const { actionDigest } = request;
  const writer = new WireWriter();
  writer.int64(1, STAGES[state.stage]);
  writer.message(2, () => {
    writer.text(1, actionDigest.hash);
    writer.int64(2, actionDigest.sizeBytes);
  });
  writer.text(3, logs?.stdout ?? "");
  writer.text(4, logs?.stderr ?? "");
  writer.int64(6, FUNCTIONS[actionDigest.fn]);
  return writer.finish();
}

/** The `ExecuteResponse` message. */
export function encodeExecuteResponse(response: ExecuteResponse): Buffer {
  const writer = new WireWriter();
  if (response.result !== undefined) writer.presentBytes(1, encodeActionResult(response.result));
  writer.bool(2, response.cachedResult);
  if (response.status !== undefined) writer.presentBytes(3, encodeStatus(response.status));
  writer.text(5, response.message ?? "");
  return writer.finish();
}
