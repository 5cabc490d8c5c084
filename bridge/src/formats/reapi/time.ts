import type { WireReader, WireWriter } from "../wire/index.js";
import { ReapiError } from "./error.js";

const MS_PER_SECOND = 1000;
const NANOS_PER_MS = 1_000_000;
const NANOS_PER_SECOND = 1_000_000_000;

/** The fields of `google.protobuf.Timestamp` and `google.protobuf.Duration`. */
export interface SecondsAndNanos {
  readonly seconds: number;
  readonly nanos: number;
}

/** A moment as `Timestamp` has it: nanos count forwards, also before 1970. */
export function timestampOfMs(ms: number): SecondsAndNanos {
  const seconds = Math.floor(ms / MS_PER_SECOND);
  const nanos = Math.round((ms - seconds * MS_PER_SECOND) * NANOS_PER_MS);
  return nanos === NANOS_PER_SECOND ? { seconds: seconds + 1, nanos: 0 } : { seconds, nanos };
}

/** A span as `Duration` has it: seconds and nanos have the same sign. */
export function durationOfMs(ms: number): SecondsAndNanos {
  const { seconds, nanos } = timestampOfMs(Math.abs(ms));
  // `0 -` rather than a minus sign: there is no -0 on the wire.
  return ms < 0 ? { seconds: 0 - seconds, nanos: 0 - nanos } : { seconds, nanos };
}

/** Milliseconds of either message, with fractions as far as a double has them (¼ µs for moments of today). */
export function msOf({ seconds, nanos }: SecondsAndNanos): number {
  return seconds * MS_PER_SECOND + nanos / NANOS_PER_MS;
}

/** Writes a `Timestamp` field, if there is one. */
export function writeTimestamp(writer: WireWriter, field: number, ms: number | undefined): void {
  if (ms !== undefined) writeParts(writer, field, timestampOfMs(ms));
}

/** Writes a `Duration` field, if there is one. */
export function writeDuration(writer: WireWriter, field: number, ms: number | undefined): void {
  if (ms !== undefined) writeParts(writer, field, durationOfMs(ms));
}

/** Reads the value of a `Timestamp` or `Duration` field, in milliseconds. */
export function readMs(reader: WireReader): number {
  let [seconds, nanos] = [0, 0];
  while (reader.next()) {
    if (reader.field === 1) seconds = reader.int64();
    else if (reader.field === 2) nanos = reader.int32();
    else reader.skip();
  }
  const ms = msOf({ seconds, nanos });
  if (!Number.isSafeInteger(seconds) || !Number.isSafeInteger(Math.trunc(ms)))
    throw new ReapiError("time is out of range", { offset: reader.offset });
  if (Math.abs(nanos) >= NANOS_PER_SECOND) throw new ReapiError("nanos are out of range", { offset: reader.offset });
  return ms;
}

function writeParts(writer: WireWriter, field: number, { seconds, nanos }: SecondsAndNanos): void {
  if (!Number.isSafeInteger(seconds)) throw new ReapiError("time is out of range");
  writer.message(field, () => {
    writer.int64(1, seconds);
    writer.int64(2, nanos);
  });
}
