import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { VALUES } from "../cli/session.ts";
import { CAUSEWAY } from "../nix/create-causeway-builder.ts";
import type { Ended } from "../nix/run-program.ts";
import { openWorkerSession, type WorkerSession } from "../worker/worker-session.ts";
import { serveDirectory, type DirectoryServer } from "./serve-directory.ts";
import { buildWithNix, copyToCache, makeKey } from "./stock-cache.ts";

const TIMEOUT_MS = 120_000;
let session: WorkerSession;
let server: DirectoryServer;
let url: string;
let text: string;
let program: string;
beforeAll(async () => {
  session = await openWorkerSession();
  const key = await makeKey(session, "test-1");
  [text, program] = (await buildWithNix(session, "text", "program")) as [string, string];
  await copyToCache(session, join(session.home, "cache"), [program], key);
  server = await serveDirectory(join(session.home, "cache"));
  const settings = { substituters: server.url, "trusted-public-keys": key.publicKey };
  const words = Object.entries(settings).flatMap(([name, value]) => ["--option", name, value]);
  const remote = [CAUSEWAY, "stdio", "--state", session.state, ...words].join(" ");
  url = `ssh-ng://localhost?remote-program=${encodeURIComponent(remote)}`;
}, TIMEOUT_MS);
afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
}, TIMEOUT_MS);
beforeEach(async () => {
  await session.stopDaemon();
  await rm(session.state, { recursive: true, force: true });
});

const client = (...argv: readonly [string, ...string[]]): Promise<Ended> => session.client(...argv);
const build = (...words: readonly string[]): Promise<Ended> =>
  client("nix", "build", "--eval-store", session.evaluation, "--store", url, "--no-link", "-f", VALUES, ...words);

describe("Nix as a client, where a cache has what it asks for", { timeout: TIMEOUT_MS }, () => {
  it("is told that it will be fetched", async () => {
    const ended = await client("nix-build", "--store", url, "--dry-run", VALUES, "-A", "program");
    expect(ended.exit, ended.stderr).toBe(0);
    expect(ended.stderr).toMatch(/^these 2 paths will be fetched \(0\.00 MiB download, 0\.00 MiB unpacked\):$/m);
    for (const path of [text, program]) expect(ended.stderr).toContain(`  ${path}\n`);
    const mixed = await client("nix-build", "--store", url, "--dry-run", VALUES, "-A", "two");
    expect(mixed.stderr).toMatch(
      /^this derivation will be built:\n {2}\S+-two\.drv\nthis path will be fetched .*:\n {2}\S+-text$/m,
    );
  });

  it("sees it being copied, and not built", async () => {
    const ended = await build("program", "-L", "--json");
    expect(ended.exit, ended.stderr).toBe(0);
    expect(ended.stderr).not.toContain("said");
    expect(ended.stderr).toContain(`copying path '${program}' from '${server.url}'`);
    expect(ended.stdout).toContain(program);
    const info = await client("nix", "path-info", "--store", url, "--sigs", program);
    expect(info.stdout).toContain("test-1:");
  });

  it("gets a path that it names, and is told which there are", async () => {
    const got = await client("nix-store", "--store", url, "--realise", program);
    expect(got.exit, got.stderr).toBe(0);
    expect((await client("nix", "path-info", "--store", url, "-r", program)).stdout.split("\n").sort()).toEqual(
      ["", program, text].sort(),
    );
  });

  it("gets nothing fetched when it says so over a socket that sends settings", async () => {
    // Over ssh-ng Nix sends no settings; they are tried with the daemon's socket.
    await build("program");
    const socket = `unix://${join(session.state, "nix.sock")}`;
    await client("nix-store", "--store", socket, "--delete", program, "--ignore-liveness");
    const ended = await client(
      ...["nix-build", "--store", socket, "--no-out-link", "--option", "substitute", "false"],
      ...[VALUES, "-A", "program"],
    );
    expect(ended.stderr).not.toContain("copying path");
  });

  it("is told that nobody has what it names, by Nix's words", async () => {
    const absent = "/nix/store/00000000000000000000000000000000-absent";
    const ended = await client("nix-store", "--store", url, "--realise", absent);
    expect(ended.exit).toBe(1);
    expect(ended.stderr).toContain(`path '${absent}' is required, but there is no substituter that can build it`);
  });
});
