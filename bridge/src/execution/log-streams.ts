import { Code, StatusError } from "../status/index.js";

/** Bounds on what streams of log text may take; each has its reason beside it. */
export interface LogStreamLimits {
  /** Of one stream, its latest bytes. A build may print gigabytes; whoever reads along needs the last screens, and the result names the whole. */
  readonly keptBytesMax: number;
  /** Streams that are not finished. Each may take {@link keptBytesMax}. */
  readonly openMax: number;
  /** Finished streams, for readers that come late. The oldest are forgotten first. */
  readonly finishedMax: number;
  /** Of all finished streams together. */
  readonly finishedBytesMax: number;
}

/** What holds unless the options say otherwise. */
export const defaultLogStreamLimits: LogStreamLimits = {
  keptBytesMax: 1 << 20,
  openMax: 4096,
  finishedMax: 1024,
  finishedBytesMax: 32 << 20,
};

/** Writes one stream. */
export interface LogWriter {
  /** How much was written so far. */
  readonly sizeBytes: number;
  readonly finished: boolean;
  /** Keeps a copy of a piece. @throws StatusError FailedPrecondition once it is finished. */
  append(bytes: Uint8Array): void;
  /** Readers end once they have read all. */
  finish(): void;
}

/** A stream that was just made. */
export interface CreatedLogStream {
  /** `[<parent>/]logstreams/<id>`: who knows it may read. */
  readonly name: string;
  /** The name followed by a secret: who knows it may write. */
  readonly writeName: string;
  readonly writer: LogWriter;
}

/**
 * Text that is read while it is written. Source: REAPI, remote_logstream.proto.
 *
 * Only the latest bytes of a stream are kept. A reader that asks for earlier ones, or falls so far behind, goes on at the oldest byte that
 * is kept: what lies between is missing, and nothing stands in its place.
 */
export interface LogStreams {
  /** @throws StatusError ResourceExhausted if too many streams are open. */
  create(parent: string): CreatedLogStream;
  /**
   * Reads a stream to its end, waiting for what is not written yet.
   *
   * @param options.offset from which byte of the stream; 0 unless said.
   * @param options.length at most so many bytes; all unless said.
   * @throws StatusError NotFound for one that is not known (any more); InvalidArgument for the name that is for writing; OutOfRange for an
   *   offset past the end of a finished stream; Cancelled.
   */
  read(
    name: string,
    options?: { readonly offset?: number; readonly length?: number; readonly signal?: AbortSignal },
  ): AsyncIterable<Uint8Array>;
  /** Whoever knows the secret. @throws StatusError NotFound; InvalidArgument for the name that is for reading. */
  writer(writeName: string): LogWriter;
}

/** Whether a resource name is that of a log stream, for reading or for writing. */
export function isLogStreamName(name: string): boolean {
  return partsOf(name) !== undefined;
}

/** What stands before `logstreams`: an instance name, or whatever parent the stream was made for. */
export function parentOfLogStream(name: string): string {
  return partsOf(name)?.parent ?? "";
}

const BLOCK_BYTES = 64 * 1024;
/** Most logs are short, and many streams are open at once. */
const FIRST_BLOCK_BYTES = 1024;

interface Parts {
  readonly parent: string;
  readonly id: string;
  readonly secret?: string;
}

function partsOf(name: string): Parts | undefined {
  const segments = name.split("/");
  const at = segments.lastIndexOf("logstreams");
  const [id, secret, ...more] = segments.slice(at + 1);
  if (at < 0 || id === undefined || id === "" || more.length > 0) return undefined;
  return { parent: segments.slice(0, at).join("/"), id, ...(secret === undefined ? {} : { secret }) };
}

interface Stream extends LogWriter {
  readonly parent: string;
  readonly secret: string;
  /** What is kept, in blocks of {@link BLOCK_BYTES} (the last one may still grow), the first of which begins at `keptFrom`. */
  readonly blocks: Buffer[];
  keptFrom: number;
  readonly waiting: Set<() => void>;
}

/**
 * Creates the streams of a process.
 *
 * @param options.ids makes names that nobody can guess: letters and digits.
 */
export function createLogStreams(options: {
  readonly ids: () => string;
  readonly limits?: Partial<LogStreamLimits>;
}): LogStreams {
  const limits = { ...defaultLogStreamLimits, ...options.limits };
  const streams = new Map<string, Stream>();
  const finished = new Map<string, number>();
  let finishedBytes = 0;

  function retire(id: string, stream: Stream): void {
    const bytes = stream.sizeBytes - stream.keptFrom;
    finished.set(id, bytes);
    finishedBytes += bytes;
    for (const [oldest, itsBytes] of finished) {
      if (finished.size <= limits.finishedMax && finishedBytes <= limits.finishedBytesMax) return;
      finished.delete(oldest);
      streams.delete(oldest);
      finishedBytes -= itsBytes;
    }
  }

  function find(name: string): Parts & { readonly stream: Stream } {
    const parts = partsOf(name);
    const stream = parts && streams.get(parts.id);
    if (stream?.parent !== parts?.parent || stream === undefined || parts === undefined)
      throw new StatusError(Code.NotFound, "there is no such log stream, or it is not kept any more");
    return { ...parts, stream };
  }

  function open(id: string, parent: string): Stream {
    let sizeBytes = 0;
    let ended = false;
    const wakeAll = (): void => {
      const woken = [...stream.waiting];
      stream.waiting.clear();
      for (const wake of woken) wake();
    };
    const stream: Stream = {
      parent,
      secret: options.ids(),
      blocks: [],
      keptFrom: 0,
      waiting: new Set(),
      get sizeBytes() {
        return sizeBytes;
      },
      get finished() {
        return ended;
      },
      append(bytes) {
        if (ended) throw new StatusError(Code.FailedPrecondition, "the log stream is finished");
        if (bytes.byteLength === 0) return;
        for (let done = 0; done < bytes.byteLength;) {
          const used = (sizeBytes - stream.keptFrom) % BLOCK_BYTES;
          const part = bytes.subarray(done, done + BLOCK_BYTES - used);
          roomIn(stream, used, part.byteLength).set(part, used);
          sizeBytes += part.byteLength;
          done += part.byteLength;
          if (sizeBytes - stream.keptFrom > limits.keptBytesMax && stream.blocks.length > 1) {
            stream.blocks.shift();
            stream.keptFrom += BLOCK_BYTES;
          }
        }
        wakeAll();
      },
      finish() {
        if (ended) return;
        ended = true;
        retire(id, stream);
        wakeAll();
      },
    };
    return stream;
  }

  return {
    create(parent) {
      if (streams.size - finished.size >= limits.openMax)
        throw new StatusError(
          Code.ResourceExhausted,
          `${String(limits.openMax)} log streams are open; try again later`,
        );
      const id = options.ids();
      const stream = open(id, parent);
      streams.set(id, stream);
      const name = `${parent === "" ? "" : `${parent}/`}logstreams/${id}`;
      return { name, writeName: `${name}/${stream.secret}`, writer: stream };
    },
    read(name, { offset = 0, length = Infinity, signal } = {}) {
      const { stream, secret } = find(name);
      if (secret !== undefined)
        throw new StatusError(Code.InvalidArgument, "this name is for writing the log stream only");
      if (offset < 0 || (stream.finished && offset > stream.sizeBytes))
        throw new StatusError(
          Code.OutOfRange,
          `the log stream has ${String(stream.sizeBytes)} bytes, none at ${String(offset)}`,
        );
      return tail(stream, offset, length, signal);
    },
    writer(writeName) {
      const { stream, secret } = find(writeName);
      if (secret === undefined)
        throw new StatusError(Code.InvalidArgument, "this name is for reading the log stream only");
      if (secret !== stream.secret) throw new StatusError(Code.NotFound, "there is no such log stream");
      return stream;
    },
  };
}

async function* tail(
  stream: Stream,
  offset: number,
  length: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  let at = offset;
  let left = length;
  while (left > 0) {
    if (signal?.aborted === true) throw StatusError.from(signal.reason);
    const piece = pieceAt(stream, at);
    if (piece === undefined) {
      if (stream.finished) return;
      await more(stream, signal);
      continue;
    }
    at = Math.max(at, stream.keptFrom) + piece.byteLength;
    const part = piece.byteLength > left ? piece.subarray(0, left) : piece;
    left -= part.byteLength;
    yield part;
  }
}

/** The last block, with room for so many bytes after those that are used. */
function roomIn(stream: Stream, used: number, bytes: number): Buffer {
  const last = used === 0 ? undefined : stream.blocks.at(-1);
  if (last !== undefined && used + bytes <= last.byteLength) return last;
  let size = last?.byteLength ?? FIRST_BLOCK_BYTES;
  while (size < used + bytes) size *= 2;
  const grown = Buffer.allocUnsafeSlow(size); // Not of a pool, which it would keep alive.
  if (last === undefined) stream.blocks.push(grown);
  else {
    grown.set(last.subarray(0, used));
    stream.blocks[stream.blocks.length - 1] = grown;
  }
  return grown;
}

/** What is kept from there on, up to the end of a block; from the oldest byte on if that is gone. */
function pieceAt(stream: Stream, at: number): Uint8Array | undefined {
  const from = Math.max(at, stream.keptFrom) - stream.keptFrom;
  const to = Math.min(stream.sizeBytes - stream.keptFrom, (Math.floor(from / BLOCK_BYTES) + 1) * BLOCK_BYTES);
  if (from >= to) return undefined;
  const begin = from % BLOCK_BYTES;
  return stream.blocks[Math.floor(from / BLOCK_BYTES)]!.subarray(begin, begin + to - from);
}

/** Resolves when something was written, or the stream is finished, or the reader does not want to wait any longer. */
function more(stream: Stream, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      stream.waiting.delete(wake);
      signal?.removeEventListener("abort", wake);
      resolve();
    };
    stream.waiting.add(wake);
    signal?.addEventListener("abort", wake, { once: true });
  });
}
