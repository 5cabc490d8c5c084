import type { ExecuteResponse } from "../execution/index.js";
import type { DigestFunction } from "../digest/index.js";
import { decodeActionResult } from "../formats/index.js";
import { WireReader } from "../formats/wire/index.js";
import { decodeStatus, type OperationUpdate } from "../grpc/index.js";
import { Code, StatusError } from "../status/index.js";

/** What an operation's metadata tells while it runs. */
export interface OperationProgress {
  readonly stage: "unknown" | "cache-check" | "queued" | "executing" | "completed";
  /** Names of log streams; empty without. */
  readonly stdout: string;
  readonly stderr: string;
}

/** By number. Source: REAPI, `ExecutionStage.Value`. */
const STAGES = ["unknown", "cache-check", "queued", "executing", "completed"] as const;

/** Reads the `ExecuteOperationMetadata` of an update; nothing is known where there is none, or one of another type. */
export function progressOf({ metadata }: OperationUpdate): OperationProgress {
  const progress = { stage: "unknown" as OperationProgress["stage"], stdout: "", stderr: "" };
  if (metadata?.typeUrl.endsWith(".ExecuteOperationMetadata") !== true) return progress;
  const reader = new WireReader(metadata.value);
  while (reader.next()) {
    if (reader.field === 1) progress.stage = STAGES[reader.int32()] ?? "unknown";
    else if (reader.field === 3) progress.stdout = reader.bytes().toString("utf8");
    else if (reader.field === 4) progress.stderr = reader.bytes().toString("utf8");
    else reader.skip();
  }
  return progress;
}

/**
 * How a finished operation ended.
 *
 * @throws StatusError its `error`; Internal if it has neither response nor error.
 */
export function responseOf({ name, error, response }: OperationUpdate, fn: DigestFunction): ExecuteResponse {
  const failure = error === undefined ? undefined : decodeStatus(error);
  if (failure !== undefined) throw failure;
  if (response === undefined)
    throw new StatusError(Code.Internal, `operation '${name}' ended without a response and without an error`);
  const reader = new WireReader(response.value);
  const made: { -readonly [K in keyof ExecuteResponse]: ExecuteResponse[K] } = { cachedResult: false };
  while (reader.next()) {
    if (reader.field === 1) made.result = decodeActionResult(reader.bytes(), fn);
    else if (reader.field === 2) made.cachedResult = reader.bool();
    else if (reader.field === 3) {
      const status = decodeStatus(reader.bytes());
      if (status !== undefined) made.status = status;
    } else if (reader.field === 5) {
      const message = reader.bytes().toString("utf8");
      if (message !== "") made.message = message;
    } else reader.skip();
  }
  return made;
}
