/*
 * What a store costs, beside `nix-store` on the same machine in the same run. Prints JSON; asserts nothing. Run with:
 *   node test/bench/store.ts [directory]
 */
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addPath, checkout, collectGarbage, narOf, openDiskStore, type Store } from "@causeway/bridge/store";

const base = fs.mkdtempSync(join(process.argv[2] ?? tmpdir(), "causeway-bench-"));
const GIB = 2 ** 30;
const FILES = 20_000;
const results: Record<string, number> = {};

async function timed(name: string, body: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await body();
  const seconds = (performance.now() - start) / 1_000;
  results[`${name}_s`] = Math.round(seconds * 1_000) / 1_000;
  return seconds;
}

async function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const child = spawn(command, args, { env, stdio: ["ignore", "ignore", "inherit"] });
  await new Promise<void>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${command} ended with ${String(code)}`));
    });
  });
}

function makeInputs(): void {
  const fd = fs.openSync(join(base, "large"), "w");
  const piece = Buffer.alloc(2 ** 20);
  for (let i = 0; i < GIB / piece.byteLength; i++) {
    piece.fill(`${String(i * 7919)} `);
    fs.writeSync(fd, piece);
  }
  fs.closeSync(fd);
  for (let i = 0; i < FILES; i++) {
    const directory = join(base, "small", String(i % 100));
    if (i < 100) fs.mkdirSync(directory, { recursive: true });
    fs.writeFileSync(join(directory, `file-${String(i)}`), `${String(i)} `.repeat(300));
  }
}

/** The same with Nix, into a store of its own; `undefined` where it is not installed. */
async function measureNix(): Promise<void> {
  if (spawnSync("nix-store", ["--version"]).status !== 0) return;
  const root = join(base, "nix");
  const env = { ...process.env, NIX_REMOTE: `local?root=${root}` };
  await timed("nix_add_large", () => run("nix-store", ["--add", join(base, "large")], env));
  await timed("nix_add_small", () => run("nix-store", ["--add", join(base, "small")], env));
  await timed("nix_dump_small", () => run("nix-store", ["--dump", join(base, "small")]));
}

async function measureNar(name: string, store: Store, path: string): Promise<void> {
  const { node } = await addPath(store, path);
  let sizeBytes = 0;
  const seconds = await timed(`export_${name}`, async () => {
    for await (const chunk of narOf(store, node)) sizeBytes += chunk.byteLength;
  });
  results[`export_${name}_MB_per_s`] = Math.round(sizeBytes / seconds / 1e6);
}

try {
  makeInputs();
  const directory = join(base, "state");
  const open = (): ReturnType<typeof openDiskStore> => openDiskStore({ directory, storeDir: "/nix/store" });
  await timed("open_new", async () => (await open())[Symbol.asyncDispose]());
  let store = await open();
  await timed("add_large", () => addPath(store, join(base, "large")));
  await timed("add_small", () => addPath(store, join(base, "small")));
  results["peak_rss_after_add_MB"] = Math.round(process.resourceUsage().maxRSS / 1_000);
  await measureNix();
  await timed("add_small_again", () => addPath(store, join(base, "small")));
  await measureNar("large", store, join(base, "large"));
  await measureNar("small", store, join(base, "small"));
  const { node } = await addPath(store, join(base, "small"));
  if (node.type !== "directory") throw new Error("not a directory");
  await timed("view_small_sha256", () => store.trees.toReapi(node.digest, "sha256"));
  await timed("view_small_sha256_again", () => store.trees.toReapi(node.digest, "sha256"));
  await timed("checkout_small", () => checkout(store, node, join(base, "out")));
  await store[Symbol.asyncDispose]();
  await timed("open_filled", async () => {
    store = await open();
  });
  await timed("collect_all", () => collectGarbage(store, { graceMs: 0, maxSizeBytes: 0 }));
  await store[Symbol.asyncDispose]();
  results["peak_rss_MB"] = Math.round(process.resourceUsage().maxRSS / 1_000);
  process.stdout.write(`${JSON.stringify(results, undefined, 2)}\n`);
} finally {
  spawnSync("chmod", ["-R", "u+w", base]);
  fs.rmSync(base, { recursive: true, force: true });
}
