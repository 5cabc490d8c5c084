import { WireReader, WireWriter } from "../formats/wire/index.js";
import { Code, StatusError, type StatusDetail } from "../status/index.js";

/*
 * Statuses as `google.rpc.Status` messages: in `grpc-status-details-bin`, and wherever a message holds the status of one part.
 * Source: google/rpc/status.proto, google/rpc/error_details.proto.
 */

const TYPES = "type.googleapis.com/google.rpc.";
const CODE_MAX = 16;

/** The type that REAPI gives the violations of blobs that are not there. */
const MISSING = "MISSING";

/** The `google.rpc.Status` message of an error. */
export function encodeStatus(error: StatusError): Buffer {
  const writer = new WireWriter();
  writer.int64(1, error.code);
  writer.text(2, error.message);
  for (const detail of error.details)
    writer.message(3, () => {
      writer.text(1, `${TYPES}${detail.kind === "missing-blobs" ? "PreconditionFailure" : "BadRequest"}`);
      writer.bytes(2, encodeDetail(detail));
    });
  return writer.finish();
}

/**
 * Reads a `google.rpc.Status` message. Details of other types are left out.
 *
 * @returns `undefined` if it says that all is well.
 * @throws WireError for bytes that are none.
 */
export function decodeStatus(bytes: Uint8Array): StatusError | undefined {
  const reader = new WireReader(bytes);
  let code = 0;
  let message = "";
  const details: StatusDetail[] = [];
  while (reader.next()) {
    if (reader.field === 1) code = reader.int32();
    else if (reader.field === 2) message = reader.bytes().toString();
    else if (reader.field === 3) details.push(...readDetail(reader.message()));
    else reader.skip();
  }
  if (code === Code.Ok) return undefined;
  return new StatusError(code > 0 && code <= CODE_MAX ? (code as Code) : Code.Unknown, message, { details });
}

function encodeDetail(detail: StatusDetail): Buffer {
  const writer = new WireWriter();
  if (detail.kind === "missing-blobs")
    for (const subject of detail.subjects)
      writer.message(1, () => {
        writer.text(1, MISSING);
        writer.text(2, subject);
      });
  else
    for (const { field, description } of detail.violations)
      writer.message(1, () => {
        writer.text(1, field);
        writer.text(2, description);
      });
  return writer.finish();
}

function readDetail(any: WireReader): StatusDetail[] {
  let type = "";
  let value: Uint8Array = new Uint8Array(0);
  while (any.next()) {
    if (any.field === 1) type = any.bytes().toString();
    else if (any.field === 2) value = any.bytes();
    else any.skip();
  }
  const rows = violationsOf(value);
  if (type.endsWith("/google.rpc.PreconditionFailure")) {
    const subjects = rows.filter(([kind]) => kind === MISSING).map(([, subject]) => subject);
    return subjects.length === 0 ? [] : [{ kind: "missing-blobs", subjects }];
  }
  if (!type.endsWith("/google.rpc.BadRequest")) return [];
  return [{ kind: "bad-request", violations: rows.map(([field, description]) => ({ field, description })) }];
}

/** Both messages hold a list in field 1 whose elements have two strings first. */
function violationsOf(value: Uint8Array): [first: string, second: string][] {
  const reader = new WireReader(value);
  const rows: [string, string][] = [];
  while (reader.next()) {
    if (reader.field !== 1) {
      reader.skip();
      continue;
    }
    const element = reader.message();
    const row: [string, string] = ["", ""];
    while (element.next()) {
      if (element.field === 1 || element.field === 2) row[element.field - 1] = element.bytes().toString();
      else element.skip();
    }
    rows.push(row);
  }
  return rows;
}
