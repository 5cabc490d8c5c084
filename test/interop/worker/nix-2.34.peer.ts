import { readFile, readlink, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VALUES } from "../cli/session.ts";
import { outputOf, runProgram, type Ended } from "../nix/run-program.ts";
import { debianRoot, type DebianRoot } from "../peers/debian-root.ts";
import { openWorkerSession, type WorkerSession } from "./worker-session.ts";
import { startDaemon, type RunningDaemon } from "./start-daemon.ts";

const CHECKOUT = join(import.meta.dirname, "..", "..", "..");
const TIMEOUT_MS = 300_000;
let root: DebianRoot;
let session: WorkerSession;
let daemon: RunningDaemon;
let files: string;
beforeAll(async () => {
  root = await debianRoot("sid", ["nix-bin"]);
  session = await openWorkerSession();
  files = join(session.home, "files");
  // Outside of the root, where there are crun and the sandbox's shell; clients join it.
  daemon = await startDaemon(session, "--materialize", files);
}, 1_500_000);
afterAll(async () => {
  await daemon[Symbol.asyncDispose]();
  await session[Symbol.asyncDispose]();
}, TIMEOUT_MS);

const client = (...argv: readonly [string, ...string[]]): Promise<Ended> => {
  const words = ["env", `NIX_CONFIG=${session.clientEnv["NIX_CONFIG"]!}`, "NIX_STATE_DIR=", ...argv];
  return runProgram(root.command(words, [CHECKOUT, session.home], session.home), { env: session.clientEnv });
};
const succeeded = async (...argv: readonly [string, ...string[]]): Promise<string> =>
  outputOf(argv, await client(...argv)).trim();
/** What the Nix of this machine builds. */
const expected = (...words: readonly string[]): Promise<string> =>
  session.nixOutput("nix-build", "--no-out-link", VALUES, ...words);

describe("Nix 2.34", { timeout: TIMEOUT_MS }, () => {
  it("is told who answers", async () => {
    expect(await succeeded("nix", "--version")).toContain("2.3");
    const info = await client("nix", "store", "info", "--store", session.url);
    expect(info.stdout + info.stderr).toMatch(/Version: Causeway[^]*Trusted: 1/);
  });

  it.each(["text", "two", "developer", "program", "source", "addressed", "above"])(
    "builds %s with nix build",
    async (name) => {
      const words = ["--eval-store", session.evaluation, "--store", session.url, "--no-link", "--print-out-paths"];
      const paths = await succeeded("nix", "build", ...words, "-f", VALUES, name);
      expect(paths.split("\n")).toContain(await expected("-A", name));
    },
  );

  it("builds with nix-build over the socket, and again with --check", async () => {
    const words = [
      "--no-out-link",
      VALUES,
      "-A",
      "two",
      "--argstr",
      "greeting",
      "socket",
      "--store",
      `${daemon.url}?root=${files}`,
    ] as const;
    expect(await succeeded("nix-build", ...words)).toBe(await expected(...words.slice(2, -2)));
    expect((await client("nix-build", ...words, "--check")).exit).toBe(0);
  });

  it("is told why a build fails", async () => {
    const ended = await client("nix-build", "--no-out-link", VALUES, "-A", "dependent", "--store", session.url);
    expect(ended.exit).toBe(1);
    expect(ended.stderr).toMatch(
      /builder for '\S+-fails.drv' failed with exit code 3;\n\s+last 1 log lines:\n\s+> last words/,
    );
    expect(ended.stderr).toMatch(/1 dependencies of derivation '\S+-dependent.drv' failed to build/);
  });

  it("uses it as a remote builder", async () => {
    const own = join(session.home, "own");
    const words = ["--no-out-link", VALUES, "-A", "two", "--argstr", "greeting", "builder"];
    const machine = `${session.url} x86_64-linux - 8 1`;
    const path = await succeeded("nix-build", ...words, "--store", own, "--builders", machine, "--max-jobs", "0");
    expect(path).toBe(await expected(...words.slice(2)));
    expect(await readFile(join(own, path, "text"), "utf8")).toMatch(/-text\n$/);
  });

  it("has a link made by the daemon, when it takes the daemon's files for its own", async () => {
    const path = await succeeded("nix-build", "--no-out-link", VALUES, "-A", "program", "--store", session.url);
    const link = join(session.home, "rooted");
    const mounted = session.url.replace("ssh-ng:", "mounted-ssh-ng:");
    const words = ["--extra-experimental-features", "mounted-ssh-store", "--store", `${mounted}&root=${files}`];
    expect(await succeeded("nix-store", ...words, "--add-root", link, "--realise", path)).toBe(link);
    expect(await readlink(link)).toBe(path);
    await succeeded("nix-store", "--gc", "--store", session.url);
    expect(await succeeded("nix-store", "--gc", "--print-roots", "--store", session.url)).toContain(link);
    expect((await client("nix", "path-info", "--store", session.url, path)).exit).toBe(0);
    await rm(link);
  });

  it("copies both ways, imports from derivations, and reads logs", async () => {
    const path = await succeeded("nix-build", "--no-out-link", VALUES, "-A", "program", "--store", session.url);
    const local = join(session.home, "local");
    await succeeded("nix", "copy", "--no-check-sigs", "--from", session.url, "--to", local, path);
    expect(await readFile(join(local, path, "bin/run"), "utf8")).toMatch(/^#!/);
    await succeeded("nix-store", "--gc", "--store", session.url);
    expect((await client("nix", "path-info", "--store", session.url, path)).exit).toBe(1);
    await succeeded("nix", "copy", "--no-check-sigs", "--to", session.url, "--from", local, path);
    expect(await succeeded("nix", "store", "cat", "--store", session.url, `${path}/bin/run`)).toMatch(/^#!/);
    const made = `derivation { name = "made.nix"; system = "x86_64-linux"; builder = "/bin/sh"; args = [ "-c" "echo '{ a = 42; }' > $out" ]; }`;
    for (const url of [session.url, `${daemon.url}?root=${files}`])
      expect(await succeeded("nix", "eval", "--impure", "--store", url, "--expr", `(import (${made})).a`)).toBe("42");
  });
});
