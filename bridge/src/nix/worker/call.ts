import type { StorePath } from "../../formats/index.js";
import type { ClientChannel } from "./client-channel.js";
import type { Daemon } from "./daemon/daemon.js";
import type { Session } from "./session.js";
import type { FramedSource } from "./wire/framed.js";
import type { WireReader } from "./wire/reader.js";
import type { WireWriter } from "./wire/writer.js";

/** One request on its way. */
export interface Call {
  readonly daemon: Daemon;
  readonly session: Session;
  readonly reader: WireReader;
  /** The answer, sent when the operation has ended well. */
  readonly reply: WireWriter;
  readonly channel: ClientChannel;
  /** Paths stay while this client is there; and if there is a directory of files, they are in it when this resolves. */
  keep(paths: Iterable<StorePath>): Promise<void>;
  /** Contents that follow the request in frames. What is not read of them is skipped when the operation ends, however it does. */
  framed(what: string): FramedSource;
  /** Runs what may take long, with a signal that aborts when the client hangs up. The request must have been read. */
  cancellable<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

/** Reads a request, does what it asks, and writes the answer. Whatever it returns is sent after the answer. */
export type Operate = (call: Call) => Promise<AsyncIterable<Uint8Array> | undefined>;
