import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VALUES } from "../cli/session.ts";
import { outputOf } from "../nix/run-program.ts";
import { openWorkerSession, type WorkerSession } from "./worker-session.ts";
import { startDaemon, type RunningDaemon } from "./start-daemon.ts";

const TIMEOUT_MS = 120_000;
let session: WorkerSession;
let daemon: RunningDaemon;
let files: string;
beforeAll(async () => {
  session = await openWorkerSession();
  files = join(session.home, "files");
  daemon = await startDaemon(session, "--materialize", files);
}, TIMEOUT_MS);
afterAll(async () => {
  await daemon[Symbol.asyncDispose]();
  await session[Symbol.asyncDispose]();
}, TIMEOUT_MS);

const nix = async (...argv: readonly [string, ...string[]]): Promise<string> =>
  outputOf(argv, await session.client(...argv, "--store", `${daemon.url}?root=${files}`)).trim();

describe("causeway daemon --materialize", { timeout: TIMEOUT_MS }, () => {
  it("has what was built as files before the client is answered", async () => {
    const path = await nix("nix-build", "--no-out-link", VALUES, "-A", "program");
    const info = await stat(join(files, path, "bin/run"));
    expect(info.mode & 0o777).toBe(0o555);
    expect(info.mtimeMs).toBe(1000);
    expect(await nix("nix", "store", "cat", `${path}/bin/run`)).toMatch(/^#!\/bin\/sh\ncat /);
    const text = (await readFile(join(files, path, "bin/run"), "utf8")).trim().split(" ").at(-1)!;
    expect(await readFile(join(files, text), "utf8")).toBe("hello 1\n");
  });

  it("imports from derivations, and copies from", async () => {
    const file = join(session.home, "ifd.nix");
    const made = `derivation { name = "made.nix"; system = "x86_64-linux"; builder = "/bin/sh"; args = ["-c" "echo '{ a = 42; }' > $out"]; }`;
    await writeFile(file, `(import (${made})).a`);
    expect(await nix("nix", "eval", "--impure", "-f", file)).toBe("42");
    const path = await nix("nix-build", "--no-out-link", VALUES, "-A", "two");
    const local = join(session.home, "local");
    await session.client(
      "nix",
      "copy",
      "--no-check-sigs",
      "--from",
      `${daemon.url}?root=${files}`,
      "--to",
      local,
      path,
    );
    expect(await readFile(join(local, path, "text"), "utf8")).toMatch(/-text\n$/);
  });

  it("is a builder that outputs can be copied from", async () => {
    const own = join(session.home, "own");
    const machine = `${daemon.url}?root=${files} x86_64-linux - 8 1`;
    const words = ["--no-out-link", VALUES, "-A", "two", "--argstr", "greeting", "builder"] as const;
    const argv = ["nix-build", ...words, "--store", own, "--builders", machine, "--max-jobs", "0"] as const;
    const path = outputOf(argv, await session.client(...argv)).trim();
    expect(await readFile(join(own, path, "text"), "utf8")).toMatch(/-text\n$/);
  });

  it("shows logs with nix log", async () => {
    const drv = outputOf(
      ["nix-instantiate"],
      await session.client("nix-instantiate", VALUES, "-A", "text", "--store", daemon.url),
    );
    await nix("nix-build", "--no-out-link", VALUES, "-A", "text");
    expect(await nix("nix", "log", drv.trim())).toBe("said hello 1");
  });

  it("removes what is deleted", async () => {
    const path = await nix("nix-build", "--no-out-link", VALUES, "-A", "two", "--argstr", "greeting", "gone");
    await nix("nix-store", "--gc");
    await expect(stat(join(files, path))).rejects.toThrow("ENOENT");
  });
});
