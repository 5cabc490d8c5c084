import { WireReader, WireWriter } from "../formats/wire/index.js";
import { Code, StatusError, type StatusDetail } from "../status/index.js";

/*
 * `google.rpc.Status`: how a status travels with its details, in the trailer `grpc-status-details-bin` and in `ExecuteResponse.status`.
 * Source: google/rpc/status.proto, google/rpc/error_details.proto.
 */

const TYPE = "type.googleapis.com/google.rpc.";

/** A status as a `google.rpc.Status` message. */
export function encodeStatus(status: StatusError): Buffer {
  const writer = new WireWriter();
  writer.int64(1, status.code);
  writer.text(2, status.message);
  for (const detail of status.details)
    writer.message(3, (any) => {
      any.text(1, TYPE + typeOf[detail.kind]);
      any.message(2, (value) => writeDetail(value, detail));
    });
  return writer.finish();
}

/**
 * Reads a `google.rpc.Status` message. Details of types that we do not know are dropped.
 *
 * @returns `undefined` for one that says OK.
 * @throws WireError for bytes that are no message.
 */
export function decodeStatus(bytes: Uint8Array): StatusError | undefined {
  const reader = new WireReader(bytes);
  let code = 0;
  let message = "";
  const details: StatusDetail[] = [];
  while (reader.next()) {
    if (reader.field === 1) code = reader.int32();
    else if (reader.field === 2) message = reader.bytes().toString("utf8");
    else if (reader.field === 3) {
      const detail = readAny(reader.message());
      if (detail !== undefined) details.push(detail);
    } else reader.skip();
  }
  return code === 0 ? undefined : new StatusError(codeOf(code), message, { details });
}

/** A code of a peer as one of ours. Source: gRPC, "Status codes": what is not known is Unknown. */
export function codeOf(code: number): Code {
  return Object.values(Code).find((each) => each === code) ?? Code.Unknown;
}

const typeOf = {
  "missing-blobs": "PreconditionFailure",
  "retry-after": "RetryInfo",
  "bad-request": "BadRequest",
} as const satisfies Record<StatusDetail["kind"], string>;

function writeDetail(writer: WireWriter, detail: StatusDetail): void {
  switch (detail.kind) {
    case "missing-blobs":
      for (const subject of detail.subjects)
        writer.message(1, (violation) => {
          violation.text(1, "MISSING");
          violation.text(2, subject);
        });
      return;
    case "retry-after":
      writer.message(1, (duration) => {
        duration.int64(1, Math.floor(detail.delayMs / 1000));
        duration.int64(2, Math.round((detail.delayMs % 1000) * 1e6));
      });
      return;
    case "bad-request":
      for (const { field, description } of detail.violations)
        writer.message(1, (violation) => {
          violation.text(1, field);
          violation.text(2, description);
        });
  }
}

function readAny(reader: WireReader): StatusDetail | undefined {
  let type = "";
  let value: Uint8Array = Buffer.alloc(0);
  while (reader.next()) {
    if (reader.field === 1) type = reader.bytes().toString("utf8");
    else if (reader.field === 2) value = reader.bytes();
    else reader.skip();
  }
  // Only what follows the last slash counts; who serves the type does not matter.
  switch (type.slice(type.lastIndexOf("/") + 1)) {
    case "google.rpc.PreconditionFailure":
      return missingBlobs(pairsOf(value));
    case "google.rpc.RetryInfo":
      return { kind: "retry-after", delayMs: readDelayMs(value) };
    case "google.rpc.BadRequest":
      return {
        kind: "bad-request",
        violations: pairsOf(value).map(([field, description]) => ({ field, description })),
      };
    default:
      return undefined;
  }
}

function missingBlobs(violations: readonly (readonly [type: string, subject: string])[]): StatusDetail | undefined {
  const subjects = violations.filter(([type]) => type === "MISSING").map(([, subject]) => subject);
  return subjects.length === 0 ? undefined : { kind: "missing-blobs", subjects };
}

/** The first two text fields of each message in field 1. */
function pairsOf(bytes: Uint8Array): (readonly [string, string])[] {
  const pairs: [string, string][] = [];
  const reader = new WireReader(bytes);
  while (reader.next()) {
    if (reader.field !== 1) {
      reader.skip();
      continue;
    }
    const pair: [string, string] = ["", ""];
    const inner = reader.message();
    while (inner.next()) {
      if (inner.field === 1 || inner.field === 2) pair[inner.field - 1] = inner.bytes().toString("utf8");
      else inner.skip();
    }
    pairs.push(pair);
  }
  return pairs;
}

/** Whoever says more means "not today": nobody who waits for a build would know why it stands still. */
const RETRY_DELAY_MS_MAX = 10 * 60_000;

function readDelayMs(bytes: Uint8Array): number {
  let delayMs = 0;
  const reader = new WireReader(bytes);
  while (reader.next()) {
    if (reader.field !== 1) {
      reader.skip();
      continue;
    }
    const duration = reader.message();
    while (duration.next()) {
      if (duration.field === 1) delayMs += duration.int64() * 1000;
      else if (duration.field === 2) delayMs += duration.int32() / 1e6;
      else duration.skip();
    }
  }
  return Math.min(Math.max(0, delayMs), RETRY_DELAY_MS_MAX);
}
