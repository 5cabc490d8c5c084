import type { Digest, DigestFunction } from "../../digest/index.js";
import { WireWriter } from "../wire/index.js";
import { ReapiError } from "./error.js";
import type { Action, Property } from "./messages.js";
import { decodeWith, defined, readDigest, readPlatform, required, writeDigest, writePlatform } from "./parts.js";
import { readMs, writeDuration } from "./time.js";

/** The canonical `Action` message. Its digest is the key of the action cache. */
export function encodeAction(action: Action): Uint8Array {
  const writer = new WireWriter();
  writeDigest(writer, 1, action.commandDigest);
  writeDigest(writer, 2, action.inputRootDigest);
  writeDuration(writer, 6, action.timeoutMs);
  writer.bool(7, action.doNotCache ?? false);
  if (action.salt !== undefined) writer.bytes(9, action.salt);
  writePlatform(writer, 10, action.platform);
  return writer.finish();
}

/**
 * Reads an `Action` message.
 *
 * @param fn The function that its digests are of: the message does not say.
 * @throws ReapiError
 */
export function decodeAction(bytes: Uint8Array, fn: DigestFunction): Action {
  return decodeWith(bytes, "Action", (reader) => {
    let commandDigest: Digest | undefined;
    let inputRootDigest: Digest | undefined;
    let timeoutMs: number | undefined;
    let doNotCache: boolean | undefined;
    let salt: Uint8Array | undefined;
    let platform: readonly Property[] | undefined;
    while (reader.next()) {
      if (reader.field === 1) commandDigest = readDigest(reader.message(), fn);
      else if (reader.field === 2) inputRootDigest = readDigest(reader.message(), fn);
      else if (reader.field === 6) timeoutMs = readMs(reader.message());
      else if (reader.field === 7) doNotCache = reader.bool() || undefined;
      else if (reader.field === 9) salt = nonEmpty(reader.bytes());
      else if (reader.field === 10) platform = readPlatform(reader.message());
      else reader.skip();
    }
    if (timeoutMs !== undefined && timeoutMs < 0) throw new ReapiError("timeout is negative");
    return {
      commandDigest: required(commandDigest, "command_digest"),
      inputRootDigest: required(inputRootDigest, "input_root_digest"),
      ...defined({ timeoutMs, doNotCache, salt, platform }),
    };
  });
}

function nonEmpty(bytes: Uint8Array): Uint8Array | undefined {
  return bytes.byteLength === 0 ? undefined : bytes;
}
