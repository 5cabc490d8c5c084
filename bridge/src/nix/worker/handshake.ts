import { ProtocolError } from "./wire/error.js";
import { FEATURES_MAX } from "./wire/limits.js";
import type { WireReader } from "./wire/reader.js";
import { WireWriter } from "./wire/writer.js";
import {
  CLIENT_MAGIC,
  PROTOCOL_MINOR,
  PROTOCOL_MINOR_MIN,
  REALISATION_WITH_PATH,
  SERVER_MAGIC,
  versionOf,
} from "./protocol.js";
import type { Session } from "./session.js";

/** What the server says of itself. */
export interface HandshakeOptions {
  /** Free text, which `nix store ping` prints. */
  readonly version: string;
  readonly isTrusted: boolean;
}

/**
 * Greets a client. The start-up messages, and their end, are still to be sent.
 *
 * @param send sends at once: a client before 2.24 waits for the greeting.
 * @throws ProtocolError if it is no client of Nix, or too old.
 */
export async function handshake(
  reader: WireReader,
  send: (bytes: Uint8Array) => Promise<void>,
  options: HandshakeOptions,
): Promise<Session> {
  const magic = await reader.big("magic number");
  if (magic !== CLIENT_MAGIC) throw new ProtocolError("protocol mismatch: this is no client of Nix");
  const writer = new WireWriter();
  await send(writer.number(Number(SERVER_MAGIC)).number(versionOf(PROTOCOL_MINOR)).take());
  const version = await reader.number("client version", 0xffff);
  const minor = Math.min(PROTOCOL_MINOR, version & 0xff);
  if (version >> 8 !== 1 || minor < PROTOCOL_MINOR_MIN)
    throw new ProtocolError(`the Nix client version is too old: it speaks ${version >> 8}.${version & 0xff}`);
  let features = new Set<string>();
  if (minor >= 38) {
    const offered = await reader.list("features", () => reader.text("feature"), FEATURES_MAX);
    const known = [REALISATION_WITH_PATH];
    features = new Set(known.filter((name) => offered.includes(name)));
    await send(writer.texts(known).take());
  }
  // Obsolete: a CPU to bind to, and whether to reserve space.
  if (await reader.bool("affinity flag")) await reader.big("affinity");
  await reader.bool("reserve space");
  if (minor >= 33) writer.text(options.version);
  if (minor >= 35) writer.number(options.isTrusted ? 1 : 2);
  if (writer.sizeBytes > 0) await send(writer.take());
  return { minor, features, isTrusted: options.isTrusted, settings: {} };
}
