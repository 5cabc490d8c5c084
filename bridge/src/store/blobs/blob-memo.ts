import {
  HASH_WORDS,
  equalWords,
  hashToWords,
  wordsToHash,
  type BlobInfo,
  type DigestFunction,
} from "../../digest/index.js";
import type { BlobRecord, Place } from "./blob-record.js";

/** Records remembered. A power of X, and room for what a large build asks for again and again. */
const SLOTS = 1 << 18;

/** The words of a slot: both hashes, and one each for size (two), last use, pack, and offset (two). */
const SHA256_AT = HASH_WORDS;
const SIZE_AT = 2 * HASH_WORDS;
const USE_AT = SIZE_AT + 2;
const PACK_AT = USE_AT + 1;
const OFFSET_AT = PACK_AT + 1;
const SLOT_WORDS = OFFSET_AT + 2;

/** In the place of a pack, whose number goes up from {@link PACK_0} there: nothing, and a file. */
const IS_NOTHING = 0;
const IS_FILE = 1;
const PACK_0 = 2;

/** Records that were lately looked up or written, so that the index is not asked again: a look-up there costs some ten times as much. */
export interface BlobMemo {
  get(fn: DigestFunction, hash: string): BlobRecord | undefined;
  /** Where it remembers the blob of that hash, given as words; -1 if it does not. */
  slotOf(fn: DigestFunction, words: Uint32Array, at: number): number;
  sizeBytesAt(slot: number): number;
  lastUseAt(slot: number): number;
  placeAt(slot: number): Place;
  set(record: BlobRecord): void;
  /** The last use of a record is another now. */
  noteUse(record: BlobRecord): void;
  delete(hashes: Readonly<Record<DigestFunction, string>>): void;
}

/** Remembers nothing: for an index that others change. */
export const noMemo: BlobMemo = {
  get: () => undefined,
  slotOf: () => -1,
  sizeBytesAt: () => 0,
  lastUseAt: () => 0,
  placeAt: () => ({ kind: "file" }),
  set: () => undefined,
  noteUse: () => undefined,
  delete: () => undefined,
};

/**
 * Creates a memo of a fixed number of slots: a record takes the place of another whose BLAKE3 begins the same. They are numbers in one piece of memory:
 * objects that are kept for a while and then forgotten are what a garbage collector likes least.
 */
export function createBlobMemo(): BlobMemo {
  const slots = new Uint32Array(SLOTS * SLOT_WORDS);
  /** The slot, and one more, of the blob whose SHA-256 begins so. */
  const bySha256 = new Uint32Array(SLOTS);
  const given = new Uint32Array(HASH_WORDS);
  const other = new Uint32Array(HASH_WORDS);

  function slotOf(fn: DigestFunction, words: Uint32Array, at: number): number {
    const home = words[at]! & (SLOTS - 1);
    const slot = fn === "blake3" ? home : bySha256[home]! - 1;
    if (slot < 0 || slots[slot * SLOT_WORDS + PACK_AT] === IS_NOTHING) return -1;
    return equalWords(words, at, slots, slot * SLOT_WORDS + (fn === "blake3" ? 0 : SHA256_AT)) ? slot : -1;
  }

  function slotOfHash(fn: DigestFunction, hash: string): number {
    hashToWords(hash, given, 0);
    return slotOf(fn, given, 0);
  }

  const wide = (at: number): number => slots[at + 1]! * 2 ** 32 + slots[at]!;
  function setWide(at: number, value: number): void {
    slots[at] = value;
    slots[at + 1] = Math.floor(value / 2 ** 32);
  }

  const sizeBytesAt = (slot: number): number => wide(slot * SLOT_WORDS + SIZE_AT);
  const lastUseAt = (slot: number): number => slots[slot * SLOT_WORDS + USE_AT]!;

  function placeAt(slot: number): Place {
    const pack = slots[slot * SLOT_WORDS + PACK_AT]!;
    return pack === IS_FILE
      ? { kind: "file" }
      : { kind: "pack", pack: pack - PACK_0, offset: wide(slot * SLOT_WORDS + OFFSET_AT) };
  }

  return {
    get(fn, hash) {
      const slot = slotOfHash(fn, hash);
      if (slot < 0) return undefined;
      // Only the other hash has to become text.
      const info: BlobInfo = {
        blake3: fn === "blake3" ? hash : wordsToHash(slots, slot * SLOT_WORDS),
        sha256: fn === "sha256" ? hash : wordsToHash(slots, slot * SLOT_WORDS + SHA256_AT),
        sizeBytes: sizeBytesAt(slot),
      };
      return { info, place: placeAt(slot), lastUse: lastUseAt(slot) };
    },
    slotOf,
    sizeBytesAt,
    lastUseAt,
    placeAt,
    set({ info, place, lastUse }) {
      hashToWords(info.blake3, given, 0);
      hashToWords(info.sha256, other, 0);
      const slot = given[0]! & (SLOTS - 1);
      const at = slot * SLOT_WORDS;
      slots.set(given, at);
      slots.set(other, at + SHA256_AT);
      setWide(at + SIZE_AT, info.sizeBytes);
      slots[at + USE_AT] = lastUse;
      slots[at + PACK_AT] = place.kind === "file" ? IS_FILE : place.pack + PACK_0;
      setWide(at + OFFSET_AT, place.kind === "file" ? 0 : place.offset);
      bySha256[other[0]! & (SLOTS - 1)] = slot + 1;
    },
    noteUse({ info, lastUse }) {
      const slot = slotOfHash("blake3", info.blake3);
      if (slot >= 0) slots[slot * SLOT_WORDS + USE_AT] = lastUse;
    },
    delete({ blake3 }) {
      const slot = slotOfHash("blake3", blake3);
      if (slot >= 0) slots[slot * SLOT_WORDS + PACK_AT] = IS_NOTHING;
    },
  };
}
