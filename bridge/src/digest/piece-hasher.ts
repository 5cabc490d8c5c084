import type { BlobInfo } from "./digest.js";
import { openHashJob, PIECE_BYTES, type HashJob } from "./hash-thread.js";
import { createBlobHasher } from "./hasher.js";
import { isHashedInBackground } from "./sized-blob-hasher.js";

/** One is read, one is written and hashed here, one is hashed there, and the others even out that none of these takes as long each time. */
const PIECES = 16;

/** Hashes one blob whose pieces are read into memory that it lends, so that nobody copies them. */
export interface PieceHasher extends Disposable {
  /** Memory for the next piece, of {@link PIECE_BYTES}: waits until there is some. @throws StatusError Internal if the thread died; what `used` failed with. */
  memory(): Promise<Buffer>;
  /**
   * Hashes a piece: the beginning of the memory that was lent. Pieces come in the order of their memory.
   *
   * @param used - settles when the caller does not need the piece any more either. Left out: at once. If it fails, so does `memory`.
   */
  update(piece: Uint8Array, used?: Promise<unknown>): void;
  /** @throws StatusError Internal if the thread died. */
  finish(): Promise<BlobInfo>;
}

/** A hasher for a blob of that size, which another thread hashes if it is large. Dispose of it whether or not it is finished. */
export function createPieceHasher(sizeBytes: number): PieceHasher {
  const job = isHashedInBackground(sizeBytes) ? openHashJob(PIECES) : undefined;
  const place = job === undefined ? createInlinePlace() : createSharedPlace(job);
  const free: Promise<unknown>[] = place.pieces.map(() => Promise.resolve());
  let lent = 0;
  let given = 0;
  return {
    async memory() {
      const index = lent++ % PIECES;
      await free[index];
      return place.pieces[index]!;
    },
    update(piece, used) {
      const index = given++ % PIECES;
      free[index] = Promise.all([place.hash(index, piece.byteLength), used]);
      free[index].catch(() => undefined); // Whoever wants the memory hears of it.
    },
    finish: () => place.finish(),
    [Symbol.dispose]: () => {
      place.dispose();
    },
  };
}

/** Where the bytes are, and who hashes them. */
interface Place {
  readonly pieces: readonly Buffer[];
  hash(index: number, lengthBytes: number): Promise<void> | undefined;
  finish(): Promise<BlobInfo>;
  dispose(): void;
}

function createSharedPlace(job: HashJob): Place {
  return {
    pieces: job.pieces,
    hash: (index, lengthBytes) => job.hash(index, lengthBytes),
    finish: () => job.finish(),
    dispose: () => {
      job[Symbol.dispose]();
    },
  };
}

function createInlinePlace(): Place {
  const hasher = createBlobHasher();
  const pieces = Array.from({ length: PIECES }, () => Buffer.allocUnsafeSlow(PIECE_BYTES));
  return {
    pieces,
    hash(index, lengthBytes) {
      hasher.update(pieces[index]!.subarray(0, lengthBytes));
      return undefined;
    },
    finish: () => Promise.resolve(hasher.finish()),
    dispose: () => undefined,
  };
}
