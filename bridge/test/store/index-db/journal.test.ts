import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openJournal, type JournalRecord } from "#src/store/index-db/journal.js";

const record = (number: number, ...keys: string[]): JournalRecord => ({
  number,
  entries: keys.map((key) => ({ table: "notes", key: Buffer.from(key), value: Buffer.from(`value of ${key}`) })),
});
const RECORDS = [record(1, "a"), record(2, "b", "c"), record(3, ""), record(4)];

describe("a journal", () => {
  let directory: string;
  let path: string;
  beforeEach(() => {
    directory = fs.mkdtempSync(join(tmpdir(), "causeway-journal-"));
    path = join(directory, "journal");
  });
  afterEach(() => {
    fs.rmSync(directory, { recursive: true, force: true });
  });

  function write(records: readonly JournalRecord[]): void {
    const journal = openJournal(path);
    for (const one of records) journal.append(one);
    journal.close(false);
  }
  function read(): readonly JournalRecord[] {
    const journal = openJournal(path);
    journal.close(false);
    return journal.recovered;
  }

  it("has what was written, and goes on behind it", () => {
    write(RECORDS);
    expect(read()).toEqual(RECORDS);
    write([record(5, "d")]);
    expect(read()).toEqual([...RECORDS, record(5, "d")]);
  });

  it("has the whole records of a file that is cut off anywhere, and goes on behind them", () => {
    const ends = RECORDS.map((_, i) => {
      fs.rmSync(path, { force: true });
      write(RECORDS.slice(0, i + 1));
      return fs.statSync(path).size;
    });
    const bytes = fs.readFileSync(path);
    for (let size = 0; size <= bytes.byteLength; size++) {
      fs.writeFileSync(path, bytes.subarray(0, size));
      const whole = RECORDS.slice(0, ends.filter((end) => end <= size).length);
      write([record(9, "z")]);
      expect(read()).toEqual([...whole, record(9, "z")]);
    }
  });

  it("ends before the first record that is damaged", () => {
    write(RECORDS.slice(0, 2));
    const bytes = fs.readFileSync(path);
    for (let at = 0; at < bytes.byteLength; at++) {
      const damaged = Buffer.from(bytes);
      damaged[at] = damaged[at]! ^ 0x10;
      fs.writeFileSync(path, damaged);
      expect(read().length).toBeLessThan(2);
    }
  });

  it("is emptied when the index has everything, at once when it is closed", () => {
    const journal = openJournal(path);
    for (const one of RECORDS) journal.append(one);
    journal.cleared();
    expect(fs.statSync(path).size).toBeGreaterThan(0);
    journal.close(true);
    expect(fs.statSync(path).size).toBe(0);
  });

  it("is emptied when it has grown, and full when it has grown too much", () => {
    const journal = openJournal(path);
    const big: JournalRecord = {
      number: 1,
      entries: [{ table: "notes", key: Buffer.from("k"), value: Buffer.alloc(1024 * 1024) }],
    };
    for (let i = 0; i < 17; i++) journal.append(big);
    expect(journal.isFull).toBe(true);
    journal.cleared();
    expect(journal.isFull).toBe(false);
    expect(fs.statSync(path).size).toBe(0);
    journal.append(record(2, "a"));
    journal.close(false);
    expect(read()).toEqual([record(2, "a")]);
  });
});
