import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/** Where foreign programs are kept between runs: `$CAUSEWAY_PEERS`, otherwise below the user's cache directory. */
export function peersDirectory(env: NodeJS.ProcessEnv = process.env): string {
  return env["CAUSEWAY_PEERS"] ?? join(env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "causeway-peers");
}

/**
 * A directory that is made once and then kept, whoever asks first: runs side by side wait for the one that makes it.
 *
 * @param recipe - All that decides what is in it; with another recipe it is made anew.
 * @param make - Fills an empty directory. What it throws is thrown, and nothing is kept.
 */
export async function cached(
  name: string,
  recipe: readonly string[],
  make: (directory: string) => Promise<void>,
): Promise<string> {
  const key = createHash("sha256").update(JSON.stringify(recipe)).digest("hex").slice(0, 12);
  const directory = join(peersDirectory(), `${name}-${key}`);
  if (existsSync(directory)) return directory;
  await mkdir(peersDirectory(), { recursive: true });
  await using held = new AsyncDisposableStack();
  held.use(await lock(`${directory}.lock`));
  if (existsSync(directory)) return directory;
  const partial = `${directory}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial);
  await make(partial);
  await rename(partial, directory);
  return directory;
}

/** Held by a process that ends when this one does, however this one ends. */
async function lock(file: string): Promise<AsyncDisposable> {
  const holder = spawn("flock", [file, "sh", "-c", "echo held; cat"], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => holder.once("close", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    holder.stdout.once("data", () => resolve());
    holder.once("error", reject);
    holder.once("close", () => reject(new Error(`flock could not lock ${file}`)));
  });
  return {
    async [Symbol.asyncDispose]() {
      holder.stdin.end();
      await ended;
    },
  };
}
