import type { DigestFunction } from "../../digest/index.js";
import type { BlobRecord } from "./blob-record.js";

/**
 * Records remembered under each of the two hashes. A power of two: about 40 MB when full, and room for what a large build asks for again and
 * again.
 */
const SLOTS = 1 << 17;

/** The value of a hex digit by its character code; what is none counts as 0, and then no record has that hash. */
const HEX = new Uint8Array(256);
for (let i = 0; i < 16; i++) HEX["0123456789abcdef".charCodeAt(i)] = i;

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
  const tables: Record<DigestFunction, (BlobRecord | undefined)[]> = { blake3: [], sha256: [] };
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

/** From the first five digits, of which 17 bits are used. */
function slotOf(hash: string): number {
  const bits =
    (HEX[hash.charCodeAt(0)]! << 16) |
    (HEX[hash.charCodeAt(1)]! << 12) |
    (HEX[hash.charCodeAt(2)]! << 8) |
    (HEX[hash.charCodeAt(3)]! << 4) |
    HEX[hash.charCodeAt(4)]!;
  return bits & (SLOTS - 1);
}
