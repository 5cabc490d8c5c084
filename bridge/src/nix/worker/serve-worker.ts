import type { StorePath } from "../../formats/index.js";
import { StatusError } from "../../status/index.js";
import type { Call } from "./call.js";
import { createClientChannel, type ClientChannel } from "./client-channel.js";
import type { Daemon } from "./daemon/daemon.js";
import { handshake } from "./handshake.js";
import { operations } from "./operations/table.js";
import type { Session } from "./session.js";
import { ProtocolError } from "./wire/error.js";
import { framedSource, type FramedSource } from "./wire/framed.js";
import { WireReader } from "./wire/reader.js";
import { WireWriter } from "./wire/writer.js";
import type { WorkerStream } from "./worker-stream.js";

/** How a client is treated. */
export interface ServeWorkerOptions {
  readonly isTrusted: boolean;
  /** Ends the connection, and what is done for it. */
  readonly signal?: AbortSignal;
}

/**
 * Serves one client until it hangs up, or does not keep to the protocol. It is told of errors; only faults of ours are thrown.
 *
 * Source: Nix, `processConnection` in src/libstore/daemon.cc.
 */
export async function serveWorker(stream: WorkerStream, daemon: Daemon, options: ServeWorkerOptions): Promise<void> {
  const reader = new WireReader(stream.input, daemon.requestMemory);
  const channel = createClientChannel(stream, daemon.processId, daemon.unsentMemory);
  const kept = createKept(daemon);
  try {
    const session = await greet(reader, channel, daemon, options);
    if (session === undefined) return;
    while (!channel.gone.aborted && options.signal?.aborted !== true) {
      reader.beginRequest();
      if (await reader.atEnd()) break;
      if (!(await serveOne({ reader, channel, daemon, session, keep: (paths) => kept.keep(paths), ...options }))) break;
    }
  } catch (reason) {
    // Whatever else comes of a lost connection has nobody who could be told.
    const isOver = channel.gone.aborted || options.signal?.aborted === true;
    if (!isOver && !isLostConnection(reason)) throw reason;
  } finally {
    kept.release();
    await reader.close();
  }
}

async function greet(
  reader: WireReader,
  channel: ClientChannel,
  daemon: Daemon,
  { isTrusted }: ServeWorkerOptions,
): Promise<Session | undefined> {
  try {
    const session = await handshake(reader, (bytes) => channel.send(bytes), { version: daemon.version, isTrusted });
    channel.last();
    await channel.flushed();
    return session;
  } catch (reason) {
    if (!(reason instanceof ProtocolError)) throw reason;
    channel.error(reason.message);
    await channel.flushed();
    return undefined;
  }
}

interface Serving extends ServeWorkerOptions {
  readonly reader: WireReader;
  readonly channel: ClientChannel;
  readonly daemon: Daemon;
  readonly session: Session;
  keep(paths: Iterable<StorePath>): Promise<void>;
}

/** @returns whether another request can follow. */
async function serveOne(serving: Serving): Promise<boolean> {
  const { reader, channel } = serving;
  let framed: FramedSource | undefined;
  const reply = new WireWriter();
  const call: Call = {
    ...serving,
    reply,
    framed: (what) => (framed = framedSource(reader, what)),
    cancellable: (work) => cancellable(serving, work),
  };
  try {
    let after: AsyncIterable<Uint8Array> | undefined;
    try {
      const number = await reader.number("operation");
      const operate = operations.get(number);
      if (operate === undefined) throw new ProtocolError(`invalid operation ${number}`);
      after = await operate(call);
      await framed?.drain();
    } catch (reason) {
      if (channel.gone.aborted) return false;
      channel.error(messageOf(reason));
      await channel.flushed();
      if (reason instanceof ProtocolError) return false;
      // The client writes all of it before it reads the answer.
      await framed?.drain();
      return true;
    }
    channel.last(reply.take());
    await channel.flushed();
    if (after !== undefined) for await (const bytes of after) await channel.send(bytes);
    return true;
  } catch (reason) {
    if (reason instanceof ProtocolError) return false;
    throw reason;
  }
}

async function cancellable<T>(
  { reader, channel, signal }: Serving,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const done = new AbortController();
  const hungUp = new AbortController();
  void reader.hungUp(done.signal).then((isGone) => {
    if (isGone) hungUp.abort();
  });
  const signals = [channel.gone, hungUp.signal, ...(signal === undefined ? [] : [signal])];
  try {
    return await work(AbortSignal.any(signals));
  } finally {
    done.abort();
  }
}

/** What clients read. An error that nobody foresaw is told to them as well: they can do more with it than with a lost connection. */
function messageOf(reason: unknown): string {
  if (reason instanceof ProtocolError) return reason.message;
  return StatusError.from(reason).message;
}

function isLostConnection(reason: unknown): boolean {
  const code = (reason as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === "string" && ["ECONNRESET", "EPIPE", "ERR_STREAM_PREMATURE_CLOSE"].includes(code);
}

/** Counts the paths that a client needs among those of all clients. */
function createKept({ temporaryRoots, files }: Daemon): {
  keep(paths: Iterable<StorePath>): Promise<void>;
  release(): void;
} {
  const own = new Set<StorePath>();
  return {
    async keep(paths) {
      const all = [...paths];
      for (const path of all) {
        if (own.has(path)) continue;
        own.add(path);
        temporaryRoots.set(path, (temporaryRoots.get(path) ?? 0) + 1);
      }
      await files?.show(all);
    },
    release() {
      for (const path of own) {
        const count = temporaryRoots.get(path) ?? 0;
        if (count > 1) temporaryRoots.set(path, count - 1);
        else temporaryRoots.delete(path);
      }
      own.clear();
    },
  };
}
