import { Worker } from "node:worker_threads";
import { Code, StatusError } from "../status/index.js";
import type { BlobInfo } from "./digest.js";
import type { HashOrder } from "./hash-worker.js";
import { createBlobHasher } from "./hasher.js";

/** From this size on a blob is hashed by another thread. Starting that takes as long as hashing 40 MB, once. */
const BACKGROUND_BYTES_MIN = 32 * 1024 * 1024;

/** Hashes one blob, a large one while its caller does something else. */
export interface SizedBlobHasher extends Disposable {
  /** Takes a copy. While the promise is pending `bytes` must stay as they are, and no more may be given. */
  update(bytes: Uint8Array): Promise<void> | undefined;
  /** @throws StatusError Internal if the thread died. */
  finish(): Promise<BlobInfo>;
}

const PIECE_BYTES = 1024 * 1024;
/** One is filled, one is hashed, and two even out that neither always takes as long. */
const PIECES = 4;
/** Each has memory of its own. Further blobs at the same time are hashed where they are. */
const BACKGROUND_MAX = 8;

interface Job {
  hashed(): void;
  finished(info: BlobInfo): void;
  failed(error: StatusError): void;
}

interface Thread {
  readonly worker: Worker;
  readonly jobs: Map<number, Job>;
}

let thread: Thread | undefined;
let nextId = 0;

/**
 * A hasher for a blob that comes in pieces. Dispose of it whether or not it is finished.
 *
 * @param sizeBytes - about how large the blob will be; 0 if nobody knows.
 */
export function createSizedBlobHasher(sizeBytes: number): SizedBlobHasher {
  if (sizeBytes < BACKGROUND_BYTES_MIN) return createInlineHasher();
  const current = (thread ??= startThread());
  return current.jobs.size >= BACKGROUND_MAX ? createInlineHasher() : createBackgroundHasher(current);
}

function startThread(): Thread {
  // Through the package: our own code may be gathered into other files than the thread's.
  const worker = new Worker(new URL(import.meta.resolve("@causeway/bridge/hash-worker")));
  const jobs = new Map<number, Job>();
  worker.on("message", (answer: { readonly type: string; readonly id: number; readonly info: BlobInfo }) => {
    const job = jobs.get(answer.id);
    if (answer.type === "hashed") job?.hashed();
    else job?.finished(answer.info);
  });
  const end = (cause?: unknown): void => {
    if (thread?.worker === worker) thread = undefined;
    const error = new StatusError(Code.Internal, "the thread that hashes large blobs ended", { cause });
    for (const job of jobs.values()) job.failed(error);
    jobs.clear();
  };
  worker.once("error", end);
  worker.once("exit", () => end());
  worker.unref(); // It keeps the program running only while it has something to do.
  return { worker, jobs };
}

function createBackgroundHasher({ worker, jobs }: Thread): SizedBlobHasher {
  const id = nextId++;
  const memory = new SharedArrayBuffer(PIECES * PIECE_BYTES);
  const pieces = Array.from({ length: PIECES }, (_, index) => new Uint8Array(memory, index * PIECE_BYTES, PIECE_BYTES));
  const finished = Promise.withResolvers<BlobInfo>();
  finished.promise.catch(() => undefined); // Whoever finishes gets it.
  let turn = 0;
  let filledBytes = 0;
  let busy = 0;
  let failure: StatusError | undefined;
  let wake: (() => void) | undefined;

  if (jobs.size === 0) worker.ref();
  jobs.set(id, {
    hashed() {
      busy--;
      wake?.();
    },
    finished(info) {
      close();
      finished.resolve(info);
    },
    failed(error) {
      failure = error;
      finished.reject(error);
      wake?.();
    },
  });
  const tell = (order: HashOrder): void => worker.postMessage(order);
  tell({ type: "open", id, memory });

  function close(): boolean {
    const wasOpen = jobs.delete(id);
    if (jobs.size === 0) worker.unref();
    return wasOpen;
  }

  function send(): void {
    if (filledBytes === 0) return;
    tell({ type: "part", id, offset: turn * PIECE_BYTES, length: filledBytes });
    busy++;
    turn = (turn + 1) % PIECES;
    filledBytes = 0;
  }

  async function updateWaiting(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.byteLength;) {
      while (busy === PIECES && failure === undefined) await new Promise<void>((resolve) => (wake = resolve));
      if (failure !== undefined) throw failure;
      at += fill(bytes, at);
    }
  }

  function fill(bytes: Uint8Array, at: number): number {
    const part = bytes.subarray(at, at + PIECE_BYTES - filledBytes);
    pieces[turn]!.set(part, filledBytes);
    filledBytes += part.byteLength;
    if (filledBytes === PIECE_BYTES) send();
    return part.byteLength;
  }

  return {
    update(bytes) {
      let at = 0;
      while (at < bytes.byteLength) {
        if (busy === PIECES || failure !== undefined) return updateWaiting(bytes.subarray(at));
        at += fill(bytes, at);
      }
      return undefined;
    },
    finish() {
      send();
      tell({ type: "finish", id });
      return finished.promise;
    },
    [Symbol.dispose]() {
      if (close()) tell({ type: "drop", id });
    },
  };
}

/** The same without another thread. */
function createInlineHasher(): SizedBlobHasher {
  const hasher = createBlobHasher();
  return {
    update(bytes) {
      hasher.update(bytes);
      return undefined;
    },
    finish: () => Promise.resolve(hasher.finish()),
    [Symbol.dispose]: () => undefined,
  };
}
