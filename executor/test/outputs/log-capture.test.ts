import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { digestBytes } from "@causeway/bridge/digest";
import { createMemoryStore } from "@causeway/bridge/store";
import { LogCapture } from "#src/outputs/log-capture.js";

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "causeway-log-"));
});
afterAll(() => rm(home, { recursive: true, force: true }));

describe("a captured log", () => {
  it("is nothing when nothing was written", async () => {
    await using store = createMemoryStore();
    expect(await new LogCapture(join(home, "none")).store(store, "blake3")).toBeUndefined();
  });

  it.each([
    ["in memory", 10, 3],
    ["exactly what memory holds", 1 << 20, 1],
    ["beyond memory, in a file", 40_000, 100],
  ])("is stored whole: %s", async (name, pieceBytes, count) => {
    await using store = createMemoryStore();
    const place = join(home, name);
    const log = new LogCapture(place);
    const pieces = Array.from({ length: count }, (_, i) => Buffer.alloc(pieceBytes, i));
    for (const piece of pieces) await log.push(piece);
    const whole = Buffer.concat(pieces);
    expect(log.sizeBytes).toBe(whole.length);
    for (const fn of ["blake3", "sha256"] as const)
      if (fn === "blake3" || !existsSync(place)) expect(await log.store(store, fn)).toEqual(digestBytes(fn, whole));
    const [stored] = await store.blobs.readMany([digestBytes("blake3", whole)]);
    expect(Buffer.compare(Buffer.from(stored!), whole)).toBe(0);
    expect(existsSync(place)).toBe(whole.length > 1 << 20);
  });
});
