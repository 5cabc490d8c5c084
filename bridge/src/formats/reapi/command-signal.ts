import type { AnyMessage } from "./messages.js";

/** Its value is the number as text. */
const TYPE = "type.googleapis.com/causeway.executor.v1.CommandSignal";

/** Tells by which signal a command was killed, where an exit code of 128 more could be its own: for `ExecutedActionMetadata.auxiliary_metadata`. */
export function encodeSignal(signal: number): AnyMessage {
  return { typeUrl: TYPE, value: Buffer.from(String(signal)) };
}

/** The signal that one of these messages tells of. */
export function signalOf(messages: readonly AnyMessage[]): number | undefined {
  const told = messages.find(({ typeUrl }) => typeUrl === TYPE);
  const text = told === undefined ? "" : Buffer.from(told.value).toString("latin1");
  return /^[1-9]\d?$/.test(text) ? Number(text) : undefined;
}
