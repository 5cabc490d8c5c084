import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { blobInfoOf, digestOf } from "@causeway/bridge/digest";
import { parseStorePath } from "@causeway/bridge/formats";
import { Code } from "@causeway/bridge/status";
import { collectGarbage, openDiskStore, verifyStore } from "@causeway/bridge/store";
import { createRandom } from "../suites/bytes.js";

const PROGRAM = fileURLToPath(new URL("./programs/write-blobs.ts", import.meta.url));
const ROUNDS = 24;
const SEED = Number(process.env["SEED"] ?? "1");

interface RunOptions {
  readonly mode?: "collect" | "paths";
  /** Called once the program has opened the state; it is not killed before the promise has resolved. */
  readonly whenOpen?: () => Promise<void>;
}

/** Runs the program until it has acknowledged `lines` blobs, then kills it in the middle of what it does. */
async function runAndKill(directory: string, seed: number, lines: number, options: RunOptions = {}): Promise<string[]> {
  const args = [PROGRAM, directory, String(seed), ...(options.mode === undefined ? [] : [options.mode])];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const told: string[] = [];
  let rest = "";
  let opened: Promise<void> | undefined;
  child.stdout.setEncoding("utf8");
  await new Promise<void>((resolve, reject) => {
    child.stdout.on("data", (text: string) => {
      const parts = (rest + text).split("\n");
      rest = parts.pop()!;
      told.push(...parts.filter((line) => line !== "open"));
      if (parts.includes("open")) opened = options.whenOpen?.() ?? Promise.resolve();
      if (told.length >= lines) opened?.then(() => child.kill("SIGKILL"), reject);
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

  it("keeps the store paths that it acknowledged, and forgets what it forgot", { timeout: 120_000 }, async () => {
    const random = createRandom(SEED);
    const acknowledged: string[] = [];
    for (let round = 0; round < ROUNDS; round++)
      acknowledged.push(...(await runAndKill(directory, round, 1 + random(150), { mode: "paths" })));
    const store = await openDiskStore({ directory, storeDir: "/nix/store" });
    const infos = await store.pathInfos.getMany(acknowledged.map(parseStorePath));
    expect(infos.map((info) => info?.path)).toEqual(acknowledged);
    expect((await verifyStore(store, { contents: true })).problems).toEqual([]);
    const forgotten: number[] = [];
    for await (const { registrationTime } of store.pathInfos.list())
      if (registrationTime % 50 === 7) forgotten.push(registrationTime);
    // One of each writer may have been registered when it was killed, and not yet forgotten.
    expect(forgotten.length).toBeLessThanOrEqual(2 * ROUNDS);
    await store[Symbol.asyncDispose]();
  });

  it("in the middle of collecting garbage leaves a store that is whole", { timeout: 60_000 }, async () => {
    const random = createRandom(SEED);
    for (let round = 0; round < 10; round++) {
      await runAndKill(directory, random(10 ** 8), 50 + random(150), { mode: "collect" });
      const store = await openDiskStore({ directory, storeDir: "/nix/store" });
      expect((await verifyStore(store, { contents: true })).problems).toEqual([]);
      await store[Symbol.asyncDispose]();
    }
    const store = await openDiskStore({ directory, storeDir: "/nix/store" });
    await collectGarbage(store, { graceMs: 0, maxSizeBytes: 0 });
    const left = ["packs", "files"].flatMap((name) =>
      fs.readdirSync(join(directory, name), { recursive: true, encoding: "utf8" }).filter((file) => file.length > 3),
    );
    expect(left).toEqual([]);
    await store[Symbol.asyncDispose]();
  });

  it("holds the lock while it lives, and no longer", async () => {
    const open = (): ReturnType<typeof openDiskStore> => openDiskStore({ directory, storeDir: "/nix/store" });
    let refused = 0;
    await runAndKill(directory, 7, 20, {
      async whenOpen() {
        await expect(open()).rejects.toMatchObject({ code: Code.FailedPrecondition });
        refused++;
      },
    });
    expect(refused).toBe(1);
    const store = await open();
    await store[Symbol.asyncDispose]();
  });
});
