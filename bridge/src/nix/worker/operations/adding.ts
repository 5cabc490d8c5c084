import { HashError, NarDecoder, parseMethodAlgorithm, type MethodAlgorithm } from "../../../formats/index.js";
import { Code, StatusError } from "../../../status/index.js";
import type { Call } from "../call.js";
import { addContents } from "../daemon/add-contents.js";
import { importPath } from "../../import/import-path.js";
import { ProtocolError } from "../wire/error.js";
import { LIST_ITEMS_MAX, TEXT_BYTES_MAX } from "../wire/limits.js";
import { narSource, resumable, skip } from "../wire/nar-source.js";
import { WireReader } from "../wire/reader.js";
import { readPathInfo, readStorePaths, writePath, writeUnkeyedInfo } from "../wire/values.js";

/** Contents, whose path follows from them. */
export async function addToStore(call: Call): Promise<undefined> {
  const { daemon, session, reader, reply } = call;
  if (session.minor < 25) {
    await addToStoreUnframed(call);
    return undefined;
  }
  const name = await reader.text("name");
  const method = await reader.text("method");
  const references = await readStorePaths(reader, daemon.storeDir, "references");
  const repair = await reader.bool("repair");
  const source = call.framed("contents");
  const contents = { name, by: methodOf(method), references: references(), repair: repair && session.isTrusted };
  const info = await addContents(daemon, contents, source);
  await call.keep([info.path]);
  writePath(reply, daemon.storeDir, info.path);
  writeUnkeyedInfo(reply, daemon.storeDir, info);
  return undefined;
}

/** Before 1.25: always an archive, without frames, and no references. */
async function addToStoreUnframed(call: Call): Promise<void> {
  const { daemon, reader, reply } = call;
  const name = await reader.text("name");
  const fixed = await reader.bool("fixed");
  const recursive = await reader.bool("recursive");
  const algorithm = await reader.text("hash algorithm");
  const source = narSource(reader);
  try {
    // What is not fixed is the default, whatever else is said.
    const by = methodOf(fixed ? `fixed:${recursive ? "r:" : ""}${algorithm}` : "fixed:r:sha256");
    const contents = { name, by, references: [], repair: false };
    const nar = resumable(source);
    const info = await addContents(daemon, contents, by.method === "nar" ? nar : fileOf(nar));
    await call.keep([info.path]);
    writePath(reply, daemon.storeDir, info.path);
  } finally {
    await skip(source);
  }
}

/** A text, or a derivation. Before 1.25. */
export async function addTextToStore(call: Call): Promise<undefined> {
  const { daemon, reader, reply } = call;
  const name = await reader.text("name");
  const bytes = await reader.bytes("text", TEXT_BYTES_MAX);
  const references = await readStorePaths(reader, daemon.storeDir, "references");
  const by: MethodAlgorithm = { method: "text", algorithm: "sha256" };
  const info = await addContents(daemon, { name, by, references: references(), repair: false }, oneOf(bytes));
  await call.keep([info.path]);
  writePath(reply, daemon.storeDir, info.path);
  return undefined;
}

async function* oneOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  if (bytes.byteLength > 0) yield bytes;
}

/** One path as it is elsewhere. */
export async function addToStoreNar(call: Call): Promise<undefined> {
  const { daemon, session, reader } = call;
  const info = await readPathInfo(reader, daemon.storeDir);
  const repair = await reader.bool("repair");
  const dontCheck = await reader.bool("dont check signatures");
  const options = { repair: repair && session.isTrusted, acceptUnsigned: dontCheck && session.isTrusted };
  if (session.minor >= 23) {
    const source = call.framed("archive");
    await importPath(daemon, info(), source, options);
    await call.keep([info().path]);
    return undefined;
  }
  // The client is asked for each piece, and sends no more than that: one that is not wanted is just not asked for.
  const source = narSource(new WireReader(askedFor(call)));
  await importPath(daemon, info(), source, options);
  await call.keep([info().path]);
  return undefined;
}

const ASKED_BYTES = 256 * 1024;

async function* askedFor({ channel, reader }: Call): AsyncGenerator<Uint8Array, void, undefined> {
  for (;;) {
    reader.beginRequest();
    channel.askFor(ASKED_BYTES);
    const bytes = await reader.bytes("piece of an archive", ASKED_BYTES);
    if (bytes.byteLength === 0) return;
    yield bytes;
  }
}

/** Many paths in one stream, each after those it refers to. What came before one that fails stays. */
export async function addMultipleToStore(call: Call): Promise<undefined> {
  const { daemon, session } = call;
  const repair = await call.reader.bool("repair");
  const dontCheck = await call.reader.bool("dont check signatures");
  const options = { repair: repair && session.isTrusted, acceptUnsigned: dontCheck && session.isTrusted };
  const reader = new WireReader(call.framed("paths"), daemon.requestMemory);
  try {
    const count = await reader.number("number of paths", LIST_ITEMS_MAX);
    for (let i = 0; i < count; i++) {
      const info = (await readPathInfo(reader, daemon.storeDir))();
      const source = info.narSizeBytes > 0 ? reader.raw(info.narSizeBytes, "an archive") : narSource(reader);
      // It may be left half-way, and goes on where it was.
      await importPath(daemon, info, resumable(source), options);
      await skip(source);
      await call.keep([info.path]);
      reader.beginRequest();
    }
  } finally {
    reader.beginRequest(); // It holds nothing any more.
  }
  return undefined;
}

function methodOf(text: string): MethodAlgorithm {
  try {
    if (text.startsWith("text:")) return parseMethodAlgorithm(text);
    if (text.startsWith("fixed:")) return parseMethodAlgorithm(text.slice("fixed:".length));
  } catch (cause) {
    if (!(cause instanceof HashError)) throw cause;
    throw new StatusError(Code.InvalidArgument, cause.message, { cause });
  }
  throw new StatusError(Code.InvalidArgument, `'${text}' is no method of addressing contents`);
}

/** The contents of the one plain file in an archive. */
async function* fileOf(nar: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const decoder = new NarDecoder();
  for await (const piece of nar)
    for (const event of decoder.push(piece)) {
      if (event.type === "contents") yield event.bytes;
      else if (event.type !== "file" && event.type !== "end")
        throw new ProtocolError("a regular file was expected in the archive");
    }
}
