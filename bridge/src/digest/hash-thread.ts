import { Worker } from "node:worker_threads";
import { Code, StatusError } from "../status/index.js";
import type { BlobInfo } from "./digest.js";
import type { HashOrder } from "./hash-worker.js";

/** The size of the pieces that a job's memory is divided into. */
export const PIECE_BYTES = 1024 * 1024;

/** Each job has memory of its own. */
const JOBS_MAX = 8;

/** One blob that another thread hashes, from memory that both see. Disposing gives it up, unless it is finished. */
export interface HashJob extends Disposable {
  /** The memory, in pieces of {@link PIECE_BYTES}. */
  readonly pieces: readonly Buffer[];
  /**
   * Hashes the beginning of a piece; resolves when the piece may be filled again. The blob is what is handed over, in that order.
   *
   * @throws StatusError Internal if the thread died.
   */
  hash(piece: number, lengthBytes: number): Promise<void>;
  /** @throws StatusError Internal if the thread died. */
  finish(): Promise<BlobInfo>;
}

type Answer =
  | { readonly type: "hashed"; readonly id: number }
  | { readonly type: "finished"; readonly id: number; readonly info: BlobInfo };

/**
 * Memory of jobs that have ended, by size: the thread sees it as long as its own garbage lies about, and it hardly makes any. What of an ended job is
 * still being hashed is of no use to anybody, and comes before whatever is handed over next.
 */
const spare = new Map<number, SharedArrayBuffer[]>();

interface OpenJob {
  answered(answer: Answer): void;
  failed(error: StatusError): void;
}

interface Thread {
  readonly worker: Worker;
  readonly jobs: Map<number, OpenJob>;
}

let thread: Thread | undefined;
let nextId = 0;

/** Starts the thread, if it does not run. That takes as long as hashing 40 MB: a good thing to do while something else begins. */
export function startHashThread(): void {
  thread ??= startThread();
}

/**
 * @param isReused - Whether the memory may go to another job when this one has ended: nobody else reads or writes it, then or later.
 * @returns `undefined` if so many blobs are being hashed that one more is better hashed by its caller.
 */
export function openHashJob(pieceCount: number, isReused = false): HashJob | undefined {
  const current = (thread ??= startThread());
  return current.jobs.size >= JOBS_MAX ? undefined : openJob(current, pieceCount * PIECE_BYTES, isReused);
}

function startThread(): Thread {
  // Through the package: our own code may be gathered into other files than the thread's.
  const worker = new Worker(new URL(import.meta.resolve("@causeway/bridge/hash-worker")));
  const jobs = new Map<number, OpenJob>();
  worker.on("message", (answer: Answer) => jobs.get(answer.id)?.answered(answer));
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

function openJob({ worker, jobs }: Thread, sizeBytes: number, isReused: boolean): HashJob {
  const id = nextId++;
  const memory = (isReused ? spare.get(sizeBytes)?.pop() : undefined) ?? new SharedArrayBuffer(sizeBytes);
  const finished = Promise.withResolvers<BlobInfo>();
  finished.promise.catch(() => undefined); // Whoever asks for it hears of a failure, also of an earlier one.
  /** The pieces that are being hashed, oldest first. */
  const waiting: { resolve(): void; reject(error: StatusError): void }[] = [];
  let failure: StatusError | undefined;

  if (jobs.size === 0) worker.ref();
  jobs.set(id, {
    answered(answer) {
      if (answer.type === "hashed") {
        waiting.shift()?.resolve();
        return;
      }
      close();
      finished.resolve(answer.info);
    },
    failed(error) {
      failure = error;
      for (const piece of waiting) piece.reject(error);
      finished.reject(error);
    },
  });
  const tell = (order: HashOrder): void => worker.postMessage(order);
  tell({ type: "open", id, memory });

  function close(): boolean {
    const wasOpen = jobs.delete(id);
    if (wasOpen && isReused) keepMemory(memory);
    if (jobs.size === 0) worker.unref();
    return wasOpen;
  }

  return {
    pieces: Array.from({ length: sizeBytes / PIECE_BYTES }, (_, index) =>
      Buffer.from(memory, index * PIECE_BYTES, PIECE_BYTES),
    ),
    hash(piece, lengthBytes) {
      if (failure !== undefined) return Promise.reject(failure);
      tell({ type: "part", id, offset: piece * PIECE_BYTES, length: lengthBytes });
      const hashed = new Promise<void>((resolve, reject) => waiting.push({ resolve, reject }));
      hashed.catch(() => undefined); // As above.
      return hashed;
    },
    finish() {
      tell({ type: "finish", id });
      return finished.promise;
    },
    [Symbol.dispose]() {
      if (close()) tell({ type: "drop", id });
    },
  };
}

function keepMemory(memory: SharedArrayBuffer): void {
  const others = spare.get(memory.byteLength);
  if (others === undefined) spare.set(memory.byteLength, [memory]);
  else others.push(memory);
}
