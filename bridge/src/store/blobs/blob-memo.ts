import type { DigestFunction } from "../../digest/index.js";
import type { BlobRecord } from "./blob-record.js";
import { hashPrefix } from "./hash-prefix.js";

/**
 * Records remembered under each of the two hashes. A power of two: about 40 MB when full, and room for what a large build asks for again and
 * again.
 */
const SLOTS = 1 << 17;

/** As many digits as are needed to tell the slots apart. */
const DIGITS = 5;

/** Records that were lately looked up or written, so that the index is not asked again: a look-up there costs some ten times as much. */
export interface BlobMemo {
  get(fn: DigestFunction, hash: string): BlobRecord | undefined;
  set(record: BlobRecord): void;
  delete(hashes: Readonly<Record<DigestFunction, string>>): void;
}

/** Remembers nothing: for an index that others change. */
export const noMemo: BlobMemo = { get: () => undefined, set: () => undefined, delete: () => undefined };

/** Creates a memo of a fixed number of slots: a record takes the place of another whose hash begins the same. */
export function createBlobMemo(): BlobMemo {
  // Whole from the beginning: an array that grows by scattered places becomes a slow map.
  const tables: Record<DigestFunction, (BlobRecord | undefined)[]> = {
    blake3: new Array<undefined>(SLOTS),
    sha256: new Array<undefined>(SLOTS),
  };
  return {
    get(fn, hash) {
      const record = tables[fn][slotOf(hash)];
      return record !== undefined && record.info[fn] === hash ? record : undefined;
    },
    set(record) {
      tables.blake3[slotOf(record.info.blake3)] = record;
      tables.sha256[slotOf(record.info.sha256)] = record;
    },
    delete(hashes) {
      for (const fn of ["blake3", "sha256"] as const) {
        const slot = slotOf(hashes[fn]);
        if (tables[fn][slot]?.info[fn] === hashes[fn]) tables[fn][slot] = undefined;
      }
    },
  };
}

const slotOf = (hash: string): number => hashPrefix(hash, DIGITS) & (SLOTS - 1);
