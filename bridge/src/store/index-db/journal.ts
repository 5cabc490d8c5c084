import fs from "node:fs";
import { crc32 } from "node:zlib";
import { diskError } from "../blobs/disk-error.js";
import { tableNames, type PutEntry } from "./index-db.js";

/*
 * A journal: records one after the other, each a header of 12 bytes (magic "CWJ1", length of the rest and its CRC-32 as u32 little endian) and
 * the rest: its number (6 bytes), and for each entry the table's place in the list of names (1), length and bytes of key and value.
 */

const MAGIC = 0x314a5743;
const HEADER_BYTES = 12;
const NUMBER_BYTES = 6;
/** Table, length of the key, length of the value. */
const ENTRY_BYTES = 9;

/** Emptied as soon as it may be, when it has grown past this: to do so each time costs more than the disk. */
const CLEAR_BYTES = 1024 * 1024;

/** The index is so far behind that whoever wants more should wait for it. What is read when the state is opened. */
const JOURNAL_BYTES_MAX = 16 * 1024 * 1024;

/** Entries that were put together. */
export interface JournalRecord {
  /** Records are numbered in their order, for ever. */
  readonly number: number;
  readonly entries: readonly PutEntry[];
}

/** A file of entries that the index is told of a little later: it outlives the process, and is read when the state is opened again. */
export interface Journal {
  /** Whole records that were in it when it was opened. */
  readonly recovered: readonly JournalRecord[];
  /** Writes one record, with one call. @throws StatusError ResourceExhausted; nothing is kept then. */
  append(record: JournalRecord): void;
  readonly isFull: boolean;
  /** The index has everything that is in it. */
  cleared(): void;
  /** @param isDone whether the index has everything. */
  close(isDone: boolean): void;
}

/** Opens the journal of a state, or makes it. What a crash has cut off at its end, of which nobody was told that it was done, goes. */
export function openJournal(path: string): Journal {
  const fd = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o666);
  const { records: recovered, end } = decodeRecords(fs.readFileSync(fd));
  fs.ftruncateSync(fd, end);
  let sizeBytes = end;
  const clear = (): void => {
    fs.ftruncateSync(fd, 0);
    sizeBytes = 0;
  };
  return {
    recovered,
    append(record) {
      const bytes = encodeRecord(record);
      try {
        for (let at = 0; at < bytes.byteLength;)
          at += fs.writeSync(fd, bytes, at, bytes.byteLength - at, sizeBytes + at);
      } catch (error) {
        fs.ftruncateSync(fd, sizeBytes);
        throw diskError(error, `cannot write to ${path}`);
      }
      sizeBytes += bytes.byteLength;
    },
    get isFull() {
      return sizeBytes > JOURNAL_BYTES_MAX;
    },
    cleared() {
      if (sizeBytes > CLEAR_BYTES) clear();
    },
    close(isDone) {
      if (isDone && sizeBytes > 0) clear();
      fs.closeSync(fd);
    },
  };
}

function encodeRecord({ number, entries }: JournalRecord): Buffer {
  let sizeBytes = HEADER_BYTES + NUMBER_BYTES;
  for (const { key, value } of entries) sizeBytes += ENTRY_BYTES + key.byteLength + value.byteLength;
  const bytes = Buffer.allocUnsafe(sizeBytes);
  let at = bytes.writeUIntLE(number, HEADER_BYTES, NUMBER_BYTES);
  for (const { table, key, value } of entries) {
    at = bytes.writeUInt8(tableNames.indexOf(table), at);
    at = bytes.writeUInt32LE(key.byteLength, at);
    bytes.set(key, at);
    at = bytes.writeUInt32LE(value.byteLength, at + key.byteLength);
    bytes.set(value, at);
    at += value.byteLength;
  }
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt32LE(sizeBytes - HEADER_BYTES, 4);
  bytes.writeUInt32LE(crc32(bytes.subarray(HEADER_BYTES)), 8);
  return bytes;
}

/** @returns the whole records at the beginning, and where they end. */
function decodeRecords(bytes: Buffer): { readonly records: readonly JournalRecord[]; readonly end: number } {
  const records: JournalRecord[] = [];
  let end = 0;
  while (end + HEADER_BYTES <= bytes.byteLength && bytes.readUInt32LE(end) === MAGIC) {
    const next = end + HEADER_BYTES + bytes.readUInt32LE(end + 4);
    const body = bytes.subarray(end + HEADER_BYTES, next);
    if (next > bytes.byteLength || body.byteLength < NUMBER_BYTES) break;
    if (crc32(body) !== bytes.readUInt32LE(end + 8)) break;
    records.push(decodeBody(body));
    end = next;
  }
  return { records, end };
}

function decodeBody(body: Buffer): JournalRecord {
  const entries: PutEntry[] = [];
  let at = NUMBER_BYTES;
  const take = (): Buffer => {
    const from = at + 4;
    at = from + body.readUInt32LE(at);
    return Buffer.from(body.subarray(from, at));
  };
  while (at < body.byteLength) {
    const table = tableNames[body.readUInt8(at++)]!;
    entries.push({ table, key: take(), value: take() });
  }
  return { number: body.readUIntLE(0, NUMBER_BYTES), entries };
}
