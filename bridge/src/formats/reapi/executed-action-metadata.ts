import { WireWriter, type WireReader } from "../wire/index.js";
import type { AnyMessage, ExecutedActionMetadata } from "./messages.js";
import { decodeWith, readText } from "./parts.js";
import { readMs, writeTimestamp } from "./time.js";

/** Field 1 is the worker; these are fields 2 to 10. */
const FIRST_TIMESTAMP = 2;
const TIMESTAMPS = [
  "queuedMs",
  "workerStartMs",
  "workerCompletedMs",
  "inputFetchStartMs",
  "inputFetchCompletedMs",
  "executionStartMs",
  "executionCompletedMs",
  "outputUploadStartMs",
  "outputUploadCompletedMs",
] as const;
const AUXILIARY = 11;

/** The `ExecutedActionMetadata` message. */
export function encodeExecutedActionMetadata(metadata: ExecutedActionMetadata): Uint8Array {
  const writer = new WireWriter();
  writeExecutedActionMetadata(writer, metadata);
  return writer.finish();
}

/**
 * Reads an `ExecutedActionMetadata` message.
 *
 * @throws ReapiError
 */
export function decodeExecutedActionMetadata(bytes: Uint8Array): ExecutedActionMetadata {
  return decodeWith(bytes, "ExecutedActionMetadata", readExecutedActionMetadata);
}

/** Writes the fields of the message. */
export function writeExecutedActionMetadata(writer: WireWriter, metadata: ExecutedActionMetadata): void {
  writer.text(1, metadata.worker ?? "");
  for (const [i, key] of TIMESTAMPS.entries()) writeTimestamp(writer, FIRST_TIMESTAMP + i, metadata[key]);
  for (const { typeUrl, value } of metadata.auxiliary ?? [])
    writer.message(AUXILIARY, () => {
      writer.text(1, typeUrl);
      writer.bytes(2, value);
    });
}

/** Reads the fields of the message. */
export function readExecutedActionMetadata(reader: WireReader): ExecutedActionMetadata {
  const metadata: { -readonly [K in keyof ExecutedActionMetadata]: ExecutedActionMetadata[K] } = {};
  const auxiliary: AnyMessage[] = [];
  while (reader.next()) {
    const timestamp = TIMESTAMPS[reader.field - FIRST_TIMESTAMP];
    if (timestamp !== undefined) metadata[timestamp] = readMs(reader.message());
    else if (reader.field === 1) metadata.worker = readText(reader);
    else if (reader.field === AUXILIARY) auxiliary.push(readAny(reader.message()));
    else reader.skip();
  }
  if (auxiliary.length !== 0) metadata.auxiliary = auxiliary;
  return metadata;
}

function readAny(reader: WireReader): AnyMessage {
  let typeUrl = "";
  let value: Uint8Array = new Uint8Array(0);
  while (reader.next()) {
    if (reader.field === 1) typeUrl = readText(reader);
    else if (reader.field === 2) value = reader.bytes();
    else reader.skip();
  }
  return { typeUrl, value };
}
