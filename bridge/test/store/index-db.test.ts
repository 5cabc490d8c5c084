import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Code } from "#src/status/index.js";
import { createMemoryIndex } from "#src/store/index-db/create-memory-index.js";
import { endOfPrefix, type IndexDb } from "#src/store/index-db/index-db.js";
import { openLmdbIndex } from "#src/store/index-db/open-lmdb-index.js";

const key = (text: string): Buffer => Buffer.from(text, "latin1");

describe.each(["memory", "lmdb"])("the index in %s", (kind) => {
  let directory: string;
  let index: IndexDb;
  beforeEach(() => {
    directory = fs.mkdtempSync(join(tmpdir(), "causeway-index-"));
    index = kind === "memory" ? createMemoryIndex() : openLmdbIndex({ directory });
  });
  afterEach(async () => {
    await index.close();
    fs.rmSync(directory, { recursive: true, force: true });
  });

  it("reads inside of a transaction what it writes there", async () => {
    const { notes } = index.tables;
    const seen = await index.write(() => {
      notes.put(key("a"), key("1"));
      notes.put(key("a"), key("2"));
      return [notes.get(key("a")), notes.has(key("b"))];
    });
    expect(seen.map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString() : value))).toEqual([
      "2",
      false,
    ]);
    expect(Buffer.from(index.tables.notes.get(key("a"))!).toString()).toBe("2");
    expect(index.tables.meta.get(key("a"))).toBeUndefined();
  });

  it("orders keys by their bytes and gives ranges of them", async () => {
    const { notes } = index.tables;
    const keys = ["a", "a\0", "a\0b", "ab", "b", "\xff", "\xff\xff"];
    await index.write(() => {
      for (const one of keys.toReversed()) notes.put(key(one), key(one));
    });
    const range = (options: Parameters<typeof notes.entries>[0]): string[] =>
      notes.entries(options).map((entry) => Buffer.from(entry.key).toString("latin1"));
    expect(range({})).toEqual(keys);
    expect(range({ start: key("a\0"), end: key("b") })).toEqual(["a\0", "a\0b", "ab"]);
    expect(range({ start: key("a"), limit: 2 })).toEqual(["a", "a\0"]);
    await index.write(() => {
      notes.remove(key("a\0b"));
      notes.remove(key("none"));
    });
    expect(range({ start: key("a"), end: endOfPrefix(key("a"))! })).toEqual(["a", "a\0", "ab"]);
  });

  it("gives a transaction's error to its caller, and goes on with the others", async () => {
    const outcomes = await Promise.allSettled([
      index.write(() => index.tables.notes.put(key("x"), key("1"))),
      index.write(() => {
        throw new Error("not this one");
      }),
      index.write(() => index.tables.notes.put(key("y"), key("1"))),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect([index.tables.notes.has(key("x")), index.tables.notes.has(key("y"))]).toEqual([true, true]);
  });
});

describe("an index open for reading only", () => {
  it("sees what another writes, and refuses to write", async () => {
    const directory = fs.mkdtempSync(join(tmpdir(), "causeway-index-"));
    const writer = openLmdbIndex({ directory });
    const reader = openLmdbIndex({ directory, readOnly: true });
    await writer.write(() => {
      writer.tables.notes.put(key("a"), key("1"));
    });
    expect(reader.tables.notes.has(key("a"))).toBe(true);
    await expect(reader.write(() => undefined)).rejects.toMatchObject({ code: Code.FailedPrecondition });
    await reader.close();
    await writer.close();
    fs.rmSync(directory, { recursive: true, force: true });
  });
});

describe("endOfPrefix", () => {
  it("is the first key after all that begin with it", () => {
    expect(endOfPrefix(key("ab"))).toEqual(key("ac"));
    expect(endOfPrefix(key("a\xff"))).toEqual(key("b"));
    expect(endOfPrefix(key("\xff\xff"))).toBeUndefined();
  });
});
