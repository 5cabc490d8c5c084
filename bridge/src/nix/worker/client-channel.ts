import { Code, StatusError } from "../../status/index.js";
import { UNSENT_BYTES_MAX } from "./wire/limits.js";
import type { SharedMemory } from "./wire/shared-memory.js";
import { WireWriter } from "./wire/writer.js";
import { Stderr, Verbosity } from "./protocol.js";
import type { WorkerStream } from "./worker-stream.js";

/** Names an activity among all that a client can see: it puts those of several daemons together. */
export type ActivityId = number;

/** A field of an activity or a result. */
export type Field = number | string;

/** An activity begins. */
export interface StartedActivity {
  readonly type: number;
  readonly text: string;
  readonly level?: number;
  readonly fields?: readonly Field[];
  readonly parent?: ActivityId;
}

/**
 * What goes to a client: messages while a request is worked on, then its answer. Messages are queued, for those who tell of progress cannot
 * wait; a client that does not read for too long is given up.
 */
export interface ClientChannel {
  /** A line for the person, as it is. */
  say(line: string): void;
  /** An error that does not end the request, in Nix's dress. */
  sayError(message: string): void;
  warn(message: string): void;
  start(activity: StartedActivity): ActivityId;
  stop(id: ActivityId): void;
  result(id: ActivityId, type: number, fields: readonly Field[]): void;
  /** The work ended well; `reply` follows. */
  last(reply?: Uint8Array): void;
  /** The work failed. */
  error(message: string): void;
  /** Asks the client for so many bytes of what it has to send, at most. For clients before framed streams. */
  askFor(sizeBytes: number): void;
  /** Sends bytes at once, after everything that is queued. */
  send(bytes: Uint8Array): Promise<void>;
  /** Resolves when everything was sent. @throws when the client is gone. */
  flushed(): Promise<void>;
  /** Aborts when the client is gone, or given up. */
  readonly gone: AbortSignal;
}

/** Answers up to this are copied behind the end of the messages. */
const COPIED_BYTES_MAX = 64 * 1024;

/**
 * @param processId tells our activities from those of other daemons, in the upper half of their numbers.
 * @param memory counts what waits to be sent with what waits for others.
 */
export function createClientChannel(stream: WorkerStream, processId: number, memory: SharedMemory): ClientChannel {
  const gone = new AbortController();
  const writer = new WireWriter();
  let queue: Uint8Array[] = [];
  let queuedBytes = 0;
  let sending: Promise<void> | undefined;
  let nextActivity = 1;

  async function sendQueue(): Promise<void> {
    try {
      while (queue.length > 0) {
        const bytes = queue.length === 1 ? queue[0]! : Buffer.concat(queue);
        queue = [];
        await stream.write(bytes);
        queuedBytes -= bytes.byteLength;
        memory.give(bytes.byteLength);
      }
    } catch (reason) {
      gone.abort(reason);
    } finally {
      sending = undefined;
      if (gone.signal.aborted) drop();
    }
  }
  /** Nothing of it will be sent. */
  function drop(): void {
    memory.give(queuedBytes);
    queuedBytes = 0;
    queue = [];
  }
  function push(bytes: Uint8Array): void {
    if (gone.signal.aborted) return;
    queuedBytes += bytes.byteLength;
    queue.push(bytes);
    if (!memory.take(bytes.byteLength, queuedBytes) || queuedBytes > UNSENT_BYTES_MAX) {
      queue = [];
      if (sending === undefined) drop();
      gone.abort(new StatusError(Code.ResourceExhausted, "the client does not read what it is sent"));
      stream.destroy();
    } else sending ??= sendQueue();
  }
  async function flushed(): Promise<void> {
    while (sending !== undefined) await sending;
    if (gone.signal.aborted) throw new StatusError(Code.Cancelled, "the client is gone", { cause: gone.signal.reason });
  }
  const id = (activity: ActivityId): WireWriter => writer.halves(activity, processId);
  const fields = (values: readonly Field[]): WireWriter =>
    writer.list(values, (value) =>
      typeof value === "number" ? writer.number(0).number(value) : writer.number(1).text(value),
    );
  const say = (line: string): void => push(writer.number(Stderr.Next).text(line).take());

  return {
    gone: gone.signal,
    say,
    sayError: (message) => say(dressed("\u001b[31;1merror:\u001b[0m", message)),
    warn: (message) => say(dressed("\u001b[35;1mwarning:\u001b[0m", message)),
    start(activity) {
      const started = nextActivity++;
      writer.number(Stderr.StartActivity);
      id(started);
      writer
        .number(activity.level ?? Verbosity.Error)
        .number(activity.type)
        .text(activity.text);
      fields(activity.fields ?? []);
      if (activity.parent === undefined) writer.number(0);
      else id(activity.parent);
      push(writer.take());
      return started;
    },
    stop(activity) {
      writer.number(Stderr.StopActivity);
      push(id(activity).take());
    },
    result(activity, type, values) {
      writer.number(Stderr.Result);
      id(activity).number(type);
      push(fields(values).take());
    },
    last(reply) {
      const end = writer.number(Stderr.Last).take();
      const size = reply?.byteLength ?? 0;
      // Together, where that is cheap: each write costs both sides a turn.
      if (size <= COPIED_BYTES_MAX) push(size === 0 ? end : Buffer.concat([end, reply!]));
      else {
        push(end);
        push(reply!);
      }
    },
    error(message) {
      writer.number(Stderr.Error).text("Error").number(Verbosity.Error).text("Error").text(message);
      push(writer.number(0).number(0).take()); // No position, no traces.
    },
    askFor: (sizeBytes) => push(writer.number(Stderr.Read).number(sizeBytes).take()),
    async send(bytes) {
      push(bytes);
      await flushed();
    },
    flushed,
  };
}

/** As Nix shows it: further lines below the first word after the label. */
function dressed(label: string, message: string): string {
  return `${label} ${message.trimEnd().replaceAll("\n", "\n       ")}\n`;
}
