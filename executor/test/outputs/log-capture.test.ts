import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { digestBytes } from "@causeway/bridge/digest";
import { createMemoryStore } from "@causeway/bridge/store";
import { LogCapture } from "#src/outputs/log-capture.js";
import { tempDirectory } from "../temp-directory.js";

describe("a log", () => {
  it("that is empty is no blob", async () => {
    await using home = await tempDirectory();
    expect(await new LogCapture(join(home.path, "log")).store(createMemoryStore(), "blake3")).toBeUndefined();
  });

  it.each([
    ["a megabyte stays in memory", 1 << 20, false],
    ["a byte more goes to a file", (1 << 20) + 1, true],
    ["ten megabytes go to a file", 10 << 20, true],
  ])("of %s, and is stored whole", async (_, sizeBytes, isFile) => {
    await using home = await tempDirectory();
    const store = createMemoryStore();
    const file = join(home.path, "log");
    const log = new LogCapture(file);
    const bytes = Buffer.alloc(sizeBytes, "line\n");
    for (let i = 0; i < sizeBytes; i += 65_536) await log.push(bytes.subarray(i, i + 65_536));
    expect(existsSync(file)).toBe(isFile);
    const digest = await log.store(store, "sha256");
    expect(digest).toEqual(digestBytes("sha256", bytes));
    expect(Buffer.concat(await Array.fromAsync(store.blobs.read(digest!))).equals(bytes)).toBe(true);
  });
});
