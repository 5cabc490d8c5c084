import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { blobInfoOf, digestOf } from "@causeway/bridge/digest";
import { Code } from "@causeway/bridge/status";
import { openDiskStore, verifyStore } from "@causeway/bridge/store";
import { createRandom } from "../suites/bytes.js";

const PROGRAM = fileURLToPath(new URL("./programs/write-blobs.ts", import.meta.url));
const ROUNDS = 24;
const SEED = Number(process.env["SEED"] ?? "1");

/** Runs the program until it has acknowledged `lines` blobs, then kills it in the middle of what it does. */
async function runAndKill(
  directory: string,
  seed: number,
  lines: number,
  whenOpen?: () => Promise<void>,
): Promise<string[]> {
  const child = spawn(process.execPath, [PROGRAM, directory, String(seed)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const told: string[] = [];
  let rest = "";
  let opened = false;
  child.stdout.setEncoding("utf8");
  await new Promise<void>((resolve, reject) => {
    child.stdout.on("data", (text: string) => {
      const parts = (rest + text).split("\n");
      rest = parts.pop()!;
      told.push(...parts.filter((line) => line !== "open"));
      if (!opened && parts.includes("open")) {
        opened = true;
        whenOpen?.().catch(reject);
      }
      if (told.length >= lines) child.kill("SIGKILL");
    });
    child.on("close", (_code, signal) => {
      if (signal === "SIGKILL") resolve();
      else reject(new Error("the program ended by itself"));
    });
  });
  return told;
}

describe("a writer that is killed", () => {
  let directory: string;
  beforeEach(() => {
    directory = fs.mkdtempSync(join(tmpdir(), "causeway-kill-"));
  });
  afterEach(() => {
    fs.rmSync(directory, { recursive: true, force: true });
  });

  it(
    `loses nothing that it acknowledged (${String(ROUNDS)} rounds, seed ${String(SEED)})`,
    { timeout: 120_000 },
    async () => {
      const random = createRandom(SEED);
      const acknowledged = new Map<string, { size: number; seed: number }>();
      for (let round = 0; round < ROUNDS; round++) {
        for (const line of await runAndKill(directory, random(10 ** 8), 1 + random(150))) {
          const [size = 0, seed = 0] = line.split(" ").map(Number);
          acknowledged.set(line, { size, seed });
        }
      }
      const store = await openDiskStore({ directory, storeDir: "/nix/store" });
      for (const { size, seed } of acknowledged.values()) {
        const info = blobInfoOf(createHash("shake256", { outputLength: size }).update(String(seed)).digest());
        expect(await store.blobs.stat(digestOf(info, "sha256"))).toEqual(info);
      }
      const { problems, checked } = await verifyStore(store, { contents: true });
      expect(problems).toEqual([]);
      expect(checked.blobs).toBeGreaterThanOrEqual(acknowledged.size);
      expect(fs.readdirSync(join(directory, "tmp"))).toEqual([]);
      await store[Symbol.asyncDispose]();
    },
  );

  it("holds the lock while it lives, and no longer", async () => {
    const open = (): ReturnType<typeof openDiskStore> => openDiskStore({ directory, storeDir: "/nix/store" });
    let refused = 0;
    await runAndKill(directory, 7, 20, async () => {
      await expect(open()).rejects.toMatchObject({ code: Code.FailedPrecondition });
      refused++;
    });
    expect(refused).toBe(1);
    const store = await open();
    await store[Symbol.asyncDispose]();
  });
});
