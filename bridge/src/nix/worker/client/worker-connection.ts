import type { StorePath } from "../../../formats/index.js";
import { StatusError } from "../../../status/index.js";
import type { PathDescription } from "../../import/path-description.js";
import { Operation } from "../protocol.js";
import { WireReader } from "../wire/reader.js";
import { readStorePaths, readUnkeyedInfo, writePath, writePaths, writeUnkeyedInfo } from "../wire/values.js";
import { WireWriter } from "../wire/writer.js";
import type { ClientStream } from "./client-stream.js";
import { greetDaemon } from "./greet-daemon.js";
import { processMessages } from "./process-messages.js";

/** A connection to a daemon of Nix: one request at a time. */
export interface WorkerConnection {
  /** Whether another request can be made. */
  readonly isUsable: boolean;
  queryPathInfo(path: StorePath): Promise<PathDescription | undefined>;
  /** @param substitute the daemon may fetch those that it does not have. */
  queryValidPaths(paths: readonly StorePath[], substitute: boolean): Promise<StorePath[]>;
  /** The archive of a valid path. A consumer that stops early spends the connection. */
  narFromPath(path: StorePath, narSizeBytes: number): AsyncIterable<Uint8Array>;
  addToStoreNar(info: PathDescription, nar: AsyncIterable<Uint8Array>, options: AddOptions): Promise<void>;
  close(): Promise<void>;
  destroy(): void;
}

/** How a daemon is to take a path. */
export interface AddOptions {
  /** A daemon that trusts us takes a path that nothing proves. */
  readonly checkSignatures: boolean;
}

/** What a connection is for. */
export interface ConnectionOptions {
  readonly storeDir: string;
  /** What the daemon says to a person. */
  readonly onLine: (line: string) => void;
}

/** Small frames cost a call each, at both ends. */
const FRAME_BYTES = 256 * 1024;

function isBrokenPipe(reason: unknown): boolean {
  return ["EPIPE", "ECONNRESET"].includes((reason as NodeJS.ErrnoException | undefined)?.code ?? "");
}

/** Connects to a daemon. @throws StatusError with its words; ProtocolError. */
export async function openWorkerConnection(
  stream: ClientStream,
  { storeDir, onLine }: ConnectionOptions,
): Promise<WorkerConnection> {
  const reader = new WireReader(stream.input);
  const writer = new WireWriter();
  const send = (bytes: Uint8Array): Promise<void> => stream.write(bytes);
  const minor = await greetDaemon(reader, send, onLine);
  let isUsable = true;

  /** Writes a request, hears the daemon out, and reads its answer. What fails but by the daemon's own word spends the connection. */
  async function call<T>(
    operation: number,
    request: () => void,
    answer: () => Promise<T>,
    body?: () => Promise<void>,
  ): Promise<T> {
    isUsable = false;
    writer.number(operation);
    request();
    reader.beginRequest();
    await send(writer.take());
    // A daemon that does not want to read on may have said why.
    const refused = await body?.().then(
      () => undefined,
      (reason: unknown) => ({ reason }),
    );
    if (refused !== undefined && !isBrokenPipe(refused.reason)) throw refused.reason;
    try {
      await processMessages(reader, minor, onLine);
    } catch (reason) {
      isUsable = reason instanceof StatusError;
      throw reason;
    }
    if (refused !== undefined) throw refused.reason;
    reader.beginRequest();
    const value = await answer();
    isUsable = true;
    return value;
  }

  async function sendFramed(source: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const piece of source)
      for (let at = 0; at < piece.byteLength; at += FRAME_BYTES) {
        const frame = piece.subarray(at, at + FRAME_BYTES);
        await send(writer.number(frame.byteLength).take());
        await send(frame);
      }
    await send(writer.number(0).take());
  }

  return {
    get isUsable() {
      return isUsable;
    },
    queryPathInfo: (path) =>
      call(
        Operation.QueryPathInfo,
        () => writePath(writer, storeDir, path),
        async () => ((await reader.bool("valid")) ? (await readUnkeyedInfo(reader, storeDir, path))() : undefined),
      ),
    queryValidPaths: (paths, substitute) =>
      call(
        Operation.QueryValidPaths,
        () => {
          writePaths(writer, storeDir, paths);
          if (minor >= 27) writer.bool(substitute);
        },
        async () => (await readStorePaths(reader, storeDir))(),
      ),
    async *narFromPath(path, narSizeBytes) {
      await call(
        Operation.NarFromPath,
        () => writePath(writer, storeDir, path),
        async () => undefined,
      );
      isUsable = false;
      yield* reader.raw(narSizeBytes, "an archive");
      isUsable = true;
    },
    addToStoreNar: (info, nar, { checkSignatures }) =>
      call(
        Operation.AddToStoreNar,
        () => {
          writePath(writer, storeDir, info.path);
          writeUnkeyedInfo(writer, storeDir, { ...info, registrationTime: 0, ultimate: false });
          writer.bool(false).bool(!checkSignatures);
        },
        async () => undefined,
        () => sendFramed(nar),
      ),
    async close() {
      isUsable = false;
      await stream.close();
    },
    destroy() {
      isUsable = false;
      stream.destroy();
    },
  };
}
