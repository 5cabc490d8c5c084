import { logNoteKey, readBuildLog } from "../../coordinator/index.js";
import { digestOf } from "../../digest/index.js";
import type { StorePath } from "../../formats/index.js";
import { collect, limited, sendBytes, sendStream, sendText, type Exchange } from "../../http/index.js";
import { Code, StatusError } from "../../status/index.js";
import type { Store } from "../../store/index.js";

/** A log of a build is at most so large, unless its builder was limited otherwise. */
const LOG_BYTES_MAX = 2 ** 30;
/** It names a file and a member of it. */
const DEBUG_INFO_BYTES_MAX = 16 * 1024;

/** The log of a derivation's build. @throws StatusError NotFound. */
export async function sendLog(exchange: Exchange, store: Store, drvPath: StorePath): Promise<void> {
  const log = await readBuildLog(store, drvPath);
  if (log === undefined) throw new StatusError(Code.NotFound, `there is no log of '${drvPath}' here`);
  exchange.response.setHeader("content-type", "text/plain; charset=utf-8");
  if (exchange.request.method === "HEAD") exchange.response.end();
  else await sendStream(exchange, log, (bytes) => exchange.countBytes("sent", "identity", bytes));
}

/** The log of a build that was made elsewhere. */
export async function takeLog(exchange: Exchange, { blobs, notes }: Store, drvPath: StorePath): Promise<void> {
  const { signal } = exchange;
  const info = await blobs.write(limited(exchange.body(), LOG_BYTES_MAX), undefined, { signal });
  const { hash, sizeBytes } = digestOf(info, "blake3");
  await notes.put(logNoteKey(drvPath), Buffer.from(`${hash}/${String(sizeBytes)}`));
  sendText(exchange, 200, "stored");
}

const debugInfoKey = (buildId: string): string => `binary-cache/debuginfo/${buildId}`;

/** Where the debugging symbols of a build id are, as somebody has uploaded it. @throws StatusError NotFound. */
export async function sendDebugInfo(exchange: Exchange, { notes }: Store, buildId: string): Promise<void> {
  const note = await notes.get(debugInfoKey(buildId));
  if (note === undefined) throw new StatusError(Code.NotFound, `nothing is known of build id ${buildId}`);
  sendBytes(exchange, "application/json", note);
}

/** @throws StatusError OutOfRange; InvalidArgument if it is no JSON. */
export async function takeDebugInfo(exchange: Exchange, { notes }: Store, buildId: string): Promise<void> {
  const bytes = await collect(exchange.body(), DEBUG_INFO_BYTES_MAX);
  try {
    JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw new StatusError(Code.InvalidArgument, "debug information is to be JSON", { cause });
  }
  await notes.put(debugInfoKey(buildId), bytes);
  sendText(exchange, 200, "stored");
}
