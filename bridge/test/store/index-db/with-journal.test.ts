import { describe, expect, it } from "vitest";
import { Code } from "#src/status/index.js";
import type { PutEntry } from "#src/store/index-db/index-db.js";
import type { Journal, JournalRecord } from "#src/store/index-db/journal.js";
import { withJournal } from "#src/store/index-db/with-journal.js";
import { createTestIndex } from "./create-test-index.js";

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");
const entry = (key: string, value = key): PutEntry => ({ table: "notes", key: bytes(key), value: bytes(value) });
const textOf = (value: Uint8Array | undefined): string | undefined =>
  value === undefined ? undefined : Buffer.from(value).toString("latin1");

function createMemoryJournal(
  recovered: readonly JournalRecord[] = [],
): Journal & { readonly records: JournalRecord[] } {
  const records = [...recovered];
  return {
    records,
    recovered,
    append: (record) => void records.push(record),
    isFull: false,
    cleared: () => void records.splice(0),
    close(isDone) {
      if (isDone) records.splice(0);
    },
  };
}

/** Lets everything run that can. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

describe("an index with a journal", () => {
  it("shows at once what is put, and puts it into the index a moment later", async () => {
    const inner = createTestIndex();
    const journal = createMemoryJournal();
    const index = withJournal(inner, journal);
    await inner.putAll([entry("a"), entry("c", "old")]);
    expect(index.putNow([entry("b"), entry("c", "new")])).toBe(true);
    const { notes } = index.tables;
    expect([notes.has(bytes("b")), textOf(notes.get(bytes("c"))), textOf(notes.get(bytes("a")))]).toEqual([
      true,
      "new",
      "a",
    ]);
    const range = (options: Parameters<typeof notes.entries>[0]): string[] =>
      notes.entries(options).map(({ key, value }) => `${textOf(key)}=${textOf(value)}`);
    expect(range({})).toEqual(["a=a", "b=b", "c=new"]);
    expect(range({ start: bytes("b"), limit: 1 })).toEqual(["b=b"]);
    expect(range({ end: bytes("b") })).toEqual(["a=a"]);
    expect(inner.tables.notes.has(bytes("b"))).toBe(false);
    expect(journal.records).toHaveLength(1);
    await turn();
    expect([textOf(inner.tables.notes.get(bytes("b"))), textOf(inner.tables.notes.get(bytes("c")))]).toEqual([
      "b",
      "new",
    ]);
    expect(journal.records).toEqual([]);
  });

  it("shows a transaction what waits, and lets it change that", async () => {
    const inner = createTestIndex();
    const index = withJournal(inner, createMemoryJournal());
    index.putNow([entry("a"), entry("b")]);
    const open = inner.hold();
    const seen: unknown[] = [];
    const first = index.write(() => {
      seen.push(textOf(index.tables.notes.get(bytes("a"))));
      index.tables.notes.remove(bytes("a"));
      index.tables.notes.put(bytes("b"), bytes("changed"));
      seen.push(index.tables.notes.has(bytes("a")), textOf(index.tables.notes.get(bytes("b"))));
    });
    const second = index.write(() => seen.push(index.tables.notes.has(bytes("a"))));
    // What it has not seen could be wrong when it has ended.
    expect(index.putNow([entry("c")])).toBe(false);
    expect(index.tables.notes.has(bytes("a"))).toBe(true);
    open();
    await Promise.all([first, second]);
    expect(seen).toEqual(["a", false, "changed", false]);
    await turn();
    expect([index.tables.notes.has(bytes("a")), textOf(index.tables.notes.get(bytes("b")))]).toEqual([
      false,
      "changed",
    ]);
    expect(index.putNow([entry("c")])).toBe(true);
  });

  it("keeps what waits when a transaction throws, and gives its error to its caller", async () => {
    const inner = createTestIndex();
    const index = withJournal(inner, createMemoryJournal());
    index.putNow([entry("a")]);
    const thrown = new Error("no");
    await expect(
      index.write(() => {
        throw thrown;
      }),
    ).rejects.toBe(thrown);
    expect(textOf(inner.tables.notes.get(bytes("a")))).toBe("a");
  });

  it("keeps what finds no room, takes nothing more, and puts it with the next transaction that succeeds", async () => {
    const inner = createTestIndex();
    const journal = createMemoryJournal();
    const index = withJournal(inner, journal);
    index.putNow([entry("a")]);
    inner.isFull = true;
    await turn();
    expect(index.putNow([entry("b")])).toBe(false);
    await expect(index.write(() => undefined)).rejects.toMatchObject({ code: Code.ResourceExhausted });
    expect([index.tables.notes.has(bytes("a")), journal.records.length]).toEqual([true, 1]);
    inner.isFull = false;
    await index.write(() => undefined);
    expect(inner.tables.notes.has(bytes("a"))).toBe(true);
    expect(index.putNow([entry("b")])).toBe(true);
    await index.close();
    expect(inner.tables.notes.has(bytes("b"))).toBe(true);
  });

  it("puts again what a crash has kept from the index, once", async () => {
    const inner = createTestIndex();
    const before = createMemoryJournal();
    const index = withJournal(inner, { ...before, cleared: () => undefined });
    index.putNow([entry("a")]);
    await index.write(() => index.tables.notes.remove(bytes("a")));
    index.putNow([entry("b")]);
    index.putNow([entry("lost")]);
    // Killed here: the journal has all of it.
    expect(before.records).toHaveLength(3);
    const killed = createTestIndex();
    await killed.putAll([...inner.tables.meta.entries()].map((one) => ({ table: "meta", ...one })));
    const again = withJournal(killed, createMemoryJournal(before.records));
    again.recover((entries) => entries.every(({ key }) => textOf(key) !== "lost"));
    expect(again.tables.notes.entries().map(({ key }) => textOf(key))).toEqual(["b"]);
    await again.close();
    expect(killed.tables.notes.entries().map(({ key }) => textOf(key))).toEqual(["b"]);
    // Numbers go on where they were.
    const third = withJournal(killed, createMemoryJournal());
    third.recover(() => true);
    third.putNow([entry("d")]);
    expect(third.tables.notes.has(bytes("d"))).toBe(true);
    await third.close();
  });
});
