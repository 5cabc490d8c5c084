import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VALUES } from "../cli/session.ts";
import { outputOf, type Ended } from "../nix/run-program.ts";
import { openWorkerSession, type WorkerSession } from "./worker-session.ts";
import { startDaemon, startNixDaemon, type RunningDaemon } from "./start-daemon.ts";

const TIMEOUT_MS = 120_000;
let session: WorkerSession;
let ours: RunningDaemon;
let theirs: RunningDaemon;
beforeAll(async () => {
  session = await openWorkerSession();
  const publicSocket = join(session.home, "public.sock");
  ours = await startDaemon(session, "--public-socket", publicSocket);
  theirs = await startNixDaemon(session);
}, TIMEOUT_MS);
afterAll(async () => {
  await ours[Symbol.asyncDispose]();
  await theirs[Symbol.asyncDispose]();
  await session[Symbol.asyncDispose]();
}, TIMEOUT_MS);

const at = (daemon: RunningDaemon, ...argv: readonly [string, ...string[]]): Promise<Ended> =>
  session.client(...argv, "--store", daemon.url);
const succeeded = async (...argv: readonly [string, ...string[]]): Promise<string> =>
  outputOf(argv, await at(ours, ...argv)).trim();

describe("NIX_REMOTE=unix://nix.sock", { timeout: TIMEOUT_MS }, () => {
  it.each([
    ["nix-build", ["-A", "two"]],
    ["nix-build", ["-A", "fails", "-A", "wrong", "--keep-going"]],
    ["nix-build", ["-A", "dependent", "-A", "text", "--argstr", "greeting", "on", "--keep-going"]],
    ["nix-build", ["-A", "slow", "--timeout", "1"]],
    ["nix-build", ["-A", "slow", "--max-silent-time", "1"]],
    ["nix-build", ["-A", "fails", "--log-lines", "0"]],
  ])("does %s %j as the daemon of Nix", async (program, words) => {
    const argv = [program, "--no-out-link", VALUES, ...words] as const;
    const [left, right] = [await at(ours, ...argv), await at(theirs, ...argv)];
    expect({ ...left, stderr: linesOf(left), wallMs: 0 }).toEqual({ ...right, stderr: linesOf(right), wallMs: 0 });
  });

  it("deletes what nothing keeps", async () => {
    const path = await succeeded("nix-build", "--no-out-link", VALUES, "-A", "cores");
    expect((await succeeded("nix-store", "--gc", "--print-dead")).split("\n")).toContain(path);
    const link = join(session.home, "result");
    expect(await succeeded("nix-build", "-o", link, VALUES, "-A", "cores")).toBe(path);
    expect((await succeeded("nix-store", "--gc", "--print-live")).split("\n")).toContain(path);
    expect(await succeeded("nix-store", "--gc", "--print-roots")).toContain(`${link} -> ${path}`);
    const refused = await at(ours, "nix-store", "--delete", path);
    expect(refused.stderr).toContain(`Cannot delete path '${path}' since it is still alive.`);
    await succeeded("nix-store", "--gc");
    expect(await succeeded("nix", "path-info", "--all")).toBe(path);
    await rm(link);
    await succeeded("nix-store", "--gc");
    expect(await succeeded("nix", "path-info", "--all")).toBe("");
  });
});

/** What a client says, in no order: builds run side by side. */
function linesOf({ stderr }: Ended): string[] {
  return stderr.split("\n").sort();
}
