import { CLIENT_MAGIC, PROTOCOL_MINOR, SERVER_MAGIC, versionOf } from "../protocol.js";
import { ProtocolError } from "../wire/error.js";
import { FEATURES_MAX } from "../wire/limits.js";
import type { WireReader } from "../wire/reader.js";
import { WireWriter } from "../wire/writer.js";
import { processMessages } from "./process-messages.js";

/** The oldest daemon: since 1.23 (Nix 2.4 has 1.32) archives are sent in frames. */
const DAEMON_MINOR_MIN = 23;

/**
 * Greets a daemon. Source: Nix, `RemoteStore::initConnection` in src/libstore/remote-store.cc.
 *
 * @returns the version that both speak: the `n` of 1.n.
 * @throws ProtocolError if there is no daemon of Nix, or too old a one; StatusError with its words if it refuses us.
 */
export async function greetDaemon(
  reader: WireReader,
  send: (bytes: Uint8Array) => Promise<void>,
  onLine: (line: string) => void,
): Promise<number> {
  const writer = new WireWriter();
  await send(writer.number(Number(CLIENT_MAGIC)).number(versionOf(PROTOCOL_MINOR)).take());
  if ((await reader.big("magic number")) !== SERVER_MAGIC)
    throw new ProtocolError("protocol mismatch: this is no daemon of Nix");
  const version = await reader.number("daemon version", 0xffff);
  const minor = Math.min(PROTOCOL_MINOR, version & 0xff);
  if (version >> 8 !== 1 || minor < DAEMON_MINOR_MIN)
    throw new ProtocolError(`the Nix daemon version is not supported: it speaks ${version >> 8}.${version & 0xff}`);
  if (minor >= 38) {
    await send(writer.texts([]).take());
    await reader.list("features", () => reader.text("feature"), FEATURES_MAX);
  }
  await send(writer.bool(false).bool(false).take()); // Obsolete: a CPU to bind to, and whether to reserve space.
  if (minor >= 33) await reader.text("version of the daemon");
  if (minor >= 35) await reader.number("trust");
  await processMessages(reader, minor, onLine);
  return minor;
}
