import type { BlobInfo } from "./digest.js";
import { openHashJob, PIECE_BYTES, type HashJob } from "./hash-thread.js";
import { createBlobHasher } from "./hasher.js";

/** From this size on a blob is hashed by another thread. */
const BACKGROUND_BYTES_MIN = 32 * 1024 * 1024;

/** One is filled, one is hashed, and two even out that neither always takes as long. */
const PIECES = 4;

/** Hashes one blob, a large one while its caller does something else. */
export interface SizedBlobHasher extends Disposable {
  /** Takes a copy. While the promise is pending `bytes` must stay as they are, and no more may be given. */
  update(bytes: Uint8Array): Promise<void> | undefined;
  /** @throws StatusError Internal if the thread died. */
  finish(): Promise<BlobInfo>;
}

/** Whether another thread is worth its start. */
export function isHashedInBackground(sizeBytes: number): boolean {
  return sizeBytes >= BACKGROUND_BYTES_MIN;
}

/**
 * A hasher for a blob that comes in pieces. Dispose of it whether or not it is finished.
 *
 * @param sizeBytes - about how large the blob will be; 0 if nobody knows.
 */
export function createSizedBlobHasher(sizeBytes: number): SizedBlobHasher {
  const job = isHashedInBackground(sizeBytes) ? openHashJob(PIECES, true) : undefined;
  return job === undefined ? createInlineHasher() : createBackgroundHasher(job);
}

function createBackgroundHasher(job: HashJob): SizedBlobHasher {
  /** Pieces that are being hashed. */
  const busy: (Promise<void> | undefined)[] = [];
  let turn = 0;
  let filledBytes = 0;

  function send(): void {
    if (filledBytes === 0) return;
    const piece = turn;
    busy[piece] = job.hash(piece, filledBytes).then(() => void (busy[piece] = undefined));
    busy[piece].catch(() => undefined); // Whoever wants to fill it hears of it.
    turn = (turn + 1) % PIECES;
    filledBytes = 0;
  }

  function fill(bytes: Uint8Array, at: number): number {
    const part = bytes.subarray(at, at + PIECE_BYTES - filledBytes);
    job.pieces[turn]!.set(part, filledBytes);
    filledBytes += part.byteLength;
    if (filledBytes === PIECE_BYTES) send();
    return part.byteLength;
  }

  async function updateWaiting(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.byteLength;) {
      await busy[turn];
      at += fill(bytes, at);
    }
  }

  return {
    update(bytes) {
      let at = 0;
      while (at < bytes.byteLength) {
        if (busy[turn] !== undefined) return updateWaiting(bytes.subarray(at));
        at += fill(bytes, at);
      }
      return undefined;
    },
    finish() {
      send();
      return job.finish();
    },
    [Symbol.dispose]: () => job[Symbol.dispose](),
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
