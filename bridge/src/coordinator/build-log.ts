import { digestOf, emptyBlob, parseDigest, type Digest } from "../digest/index.js";
import type { StorePath } from "../formats/store-path/store-path.js";
import type { ActionResult } from "../formats/reapi/messages.js";
import type { BlobStore } from "../store/index.js";
import type { NoteStore } from "../store/store.js";
import { parseLogMessage, type LogMessage } from "./log-message.js";
import { createLogSplitter, type LogSplitter } from "./log-splitter.js";

/** What is kept of live output in case the result does not name the whole log; more than this is rare, and the end is kept apart. */
const LIVE_BYTES_MAX = 1024 * 1024;

/** What the log of one build tells while it comes. */
export interface LogListener {
  line(line: string): void;
  message(message: LogMessage): void;
}

/** The output of one execution: shown line by line, its end remembered. Memory is bounded whatever a builder writes. */
export interface BuildLog {
  push(stream: "stdout" | "stderr", bytes: Uint8Array): void;
  /** No more will come; lines without an end are shown. */
  end(): void;
  /** How much was pushed. */
  readonly sizeBytes: number;
  /** What was pushed, from the start, as far as it was kept. */
  live(): Uint8Array;
  /** The last lines that were shown. */
  tail(): readonly string[];
}

/** @param tailLines how many lines {@link BuildLog.tail} has at most. */
export function createBuildLog(tailLines: number, listener: LogListener): BuildLog {
  let tail: string[] = [];
  const onLine = (line: string): void => {
    const message = parseLogMessage(line);
    if (message !== undefined) {
      listener.message(message);
      return;
    }
    tail.push(line);
    if (tail.length > 2 * tailLines) tail = tail.slice(tail.length - tailLines);
    listener.line(line);
  };
  // A line of one stream must not be cut by the other.
  const splitters: Record<"stdout" | "stderr", LogSplitter | undefined> = { stdout: undefined, stderr: undefined };
  const pieces: Uint8Array[] = [];
  let keptBytes = 0;
  let sizeBytes = 0;
  return {
    push(stream, bytes) {
      sizeBytes += bytes.byteLength;
      const room = Math.min(bytes.byteLength, LIVE_BYTES_MAX - keptBytes);
      if (room > 0) pieces.push(bytes.slice(0, room));
      keptBytes += Math.max(0, room);
      (splitters[stream] ??= createLogSplitter(onLine)).push(bytes);
    },
    end() {
      splitters.stdout?.end();
      splitters.stderr?.end();
    },
    get sizeBytes() {
      return sizeBytes;
    },
    live() {
      const missing = sizeBytes - keptBytes;
      const note = missing > 0 ? Buffer.from(`\n[${missing} bytes of this log were not kept]\n`) : Buffer.alloc(0);
      return Buffer.concat([...pieces, note]);
    },
    tail: () => (tailLines === 0 ? [] : tail.slice(-tailLines)),
  };
}

/** The key of the note that says where a derivation's log is. Its value is `<BLAKE3>/<size>`, as text. */
export function logNoteKey(drvPath: StorePath): string {
  return `log/${drvPath}`;
}

/** Where a log goes. */
export interface LogPlace {
  readonly blobs: BlobStore;
  readonly notes: NoteStore;
}

/**
 * Gives a log whatever of a result was not seen live: all of it when nothing was (a cluster without live output), else nothing, for the
 * pieces cannot be told apart.
 */
export async function completeLog(
  blobs: BlobStore,
  log: BuildLog,
  result: ActionResult,
  signal?: AbortSignal,
): Promise<void> {
  if (log.sizeBytes > 0) return;
  for (const stream of ["stdout", "stderr"] as const)
    for await (const piece of outputOf(blobs, result, stream, signal)) log.push(stream, piece);
}

/** Keeps the whole log as a blob, and notes where: the result's, or what was seen live. */
export async function storeLog(
  place: LogPlace,
  drvPath: StorePath,
  log: BuildLog,
  result: ActionResult | undefined,
): Promise<void> {
  const { blobs, notes } = place;
  const known = result === undefined ? undefined : await wholeLogOf(blobs, result);
  const info =
    known === undefined
      ? log.sizeBytes === 0
        ? emptyBlob
        : (await blobs.writeMany([{ bytes: log.live() }]))[0]!
      : "fn" in known
        ? await blobs.stat(known)
        : await blobs.write(known);
  if (info === undefined) return;
  const { hash, sizeBytes } = digestOf(info, "blake3");
  await notes.put(logNoteKey(drvPath), Buffer.from(`${hash}/${sizeBytes}`));
}

/** The digest of the one stream that was written to, or both as one; `undefined` when the result's blobs are not here. */
async function wholeLogOf(
  blobs: BlobStore,
  result: ActionResult,
): Promise<Digest | AsyncIterable<Uint8Array> | undefined> {
  const { stdoutDigest, stderrDigest, stdoutRaw, stderrRaw } = result;
  const digests = [stdoutDigest, stderrDigest].filter((digest) => digest !== undefined && digest.sizeBytes > 0);
  const raw = [stdoutRaw, stderrRaw].filter((bytes) => bytes !== undefined && bytes.byteLength > 0);
  if (digests.length === 0 && raw.length === 0) return undefined;
  for (const digest of digests) if ((await blobs.stat(digest!)) === undefined) return undefined;
  if (digests.length === 1 && raw.length === 0) return digests[0];
  return (async function* () {
    yield* outputOf(blobs, result, "stdout");
    yield* outputOf(blobs, result, "stderr");
  })();
}

async function* outputOf(
  blobs: BlobStore,
  result: ActionResult,
  stream: "stdout" | "stderr",
  signal?: AbortSignal,
): AsyncIterable<Uint8Array> {
  const raw = stream === "stdout" ? result.stdoutRaw : result.stderrRaw;
  const digest = stream === "stdout" ? result.stdoutDigest : result.stderrDigest;
  if (raw !== undefined && raw.byteLength > 0) yield raw;
  else if (digest !== undefined && digest.sizeBytes > 0 && (await blobs.stat(digest)) !== undefined)
    yield* blobs.read(digest, signal === undefined ? {} : { signal });
}

/**
 * The log of a derivation's last build, as {@link storeLog} kept it.
 *
 * @returns `undefined` if it was not built here, or its log is gone.
 */
export async function readBuildLog(
  place: LogPlace,
  drvPath: StorePath,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const note = await place.notes.get(logNoteKey(drvPath));
  const match = note === undefined ? null : /^([0-9a-f]{64})\/(\d+)$/.exec(Buffer.from(note).toString("latin1"));
  if (match === null) return undefined;
  const digest = parseDigest("blake3", match[1]!, Number(match[2]));
  return (await place.blobs.stat(digest)) === undefined ? undefined : place.blobs.read(digest);
}
