import type { DigestFunction } from "../../digest/index.js";
import type { BlobRecord } from "./blob-record.js";
import { hashPrefix } from "./hash-prefix.js";

/** Digits of a hash that tell places apart: as many as are a small integer. */
const DIGITS = 7;
const PLACES_MIN = 1 << 11;

/**
 * Records by both of their hashes, for a while. Nothing is removed one by one, and nobody hashes the hashes: beside this a `Map` of strings costs as much as all
 * else about a small blob.
 */
export interface RecordSet {
  /** Records that are in it. */
  readonly size: number;
  find(fn: DigestFunction, hash: string): BlobRecord | undefined;
  /** Whether there may be a hash with these first 32 bits. */
  mayHave(fn: DigestFunction, firstWord: number): boolean;
  /** In the place of one with the same BLAKE3. */
  add(record: BlobRecord): void;
  remove(blake3: string): void;
  /** In the order in which they were added. */
  list(): BlobRecord[];
}

export function createRecordSet(): RecordSet {
  let records: (BlobRecord | undefined)[] = [];
  let size = 0;
  /** Numbers of records, and one more, at the place of their hash or behind it. */
  let places: Record<DigestFunction, Int32Array> = placesFor(PLACES_MIN);
  let mask = PLACES_MIN - 1;

  const homeOf = (hash: string): number => hashPrefix(hash, DIGITS) & mask;

  function numberOf(fn: DigestFunction, hash: string): number {
    const table = places[fn];
    for (let at = homeOf(hash); ; at = (at + 1) & mask) {
      const number = table[at]! - 1;
      if (number < 0 || records[number]?.info[fn] === hash) return number;
    }
  }

  function place(fn: DigestFunction, hash: string, number: number): void {
    const table = places[fn];
    let at = homeOf(hash);
    while (table[at] !== 0) at = (at + 1) & mask;
    table[at] = number + 1;
  }

  function append(record: BlobRecord): void {
    const number = records.push(record) - 1;
    place("blake3", record.info.blake3, number);
    place("sha256", record.info.sha256, number);
  }

  function grow(): void {
    const old = records;
    records = [];
    mask = 4 * (mask + 1) - 1;
    places = placesFor(mask + 1);
    for (const record of old) if (record !== undefined) append(record);
  }

  return {
    get size() {
      return size;
    },
    find(fn, hash) {
      if (size === 0) return undefined;
      const number = numberOf(fn, hash);
      return number < 0 ? undefined : records[number];
    },
    mayHave: (fn, firstWord) => size > 0 && places[fn][(firstWord >>> (32 - 4 * DIGITS)) & mask] !== 0,
    add(record) {
      const number = numberOf("blake3", record.info.blake3);
      if (number >= 0) {
        records[number] = record;
        return;
      }
      if (2 * records.length > mask) grow();
      append(record);
      size++;
    },
    remove(blake3) {
      const number = numberOf("blake3", blake3);
      if (number < 0) return;
      records[number] = undefined;
      size--;
    },
    list: () => records.filter((record) => record !== undefined),
  };
}

const placesFor = (count: number): Record<DigestFunction, Int32Array> => ({
  blake3: new Int32Array(count),
  sha256: new Int32Array(count),
});
