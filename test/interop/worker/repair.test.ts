import { open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VALUES } from "../cli/session.ts";
import { outputOf, type Ended } from "../nix/run-program.ts";
import { openWorkerSession, type WorkerSession } from "./worker-session.ts";
import { startDaemon, type RunningDaemon } from "./start-daemon.ts";

const TIMEOUT_MS = 120_000;
let session: WorkerSession;
let daemon: RunningDaemon;
let publicUrl: string;
beforeAll(async () => {
  session = await openWorkerSession();
  const publicSocket = join(session.home, "public.sock");
  daemon = await startDaemon(session, "--public-socket", publicSocket);
  publicUrl = `unix://${publicSocket}`;
}, TIMEOUT_MS);
afterAll(async () => {
  await daemon[Symbol.asyncDispose]();
  await session[Symbol.asyncDispose]();
}, TIMEOUT_MS);

const at = (...argv: readonly [string, ...string[]]): Promise<Ended> => session.client(...argv, "--store", daemon.url);
const succeeded = async (...argv: readonly [string, ...string[]]): Promise<string> =>
  outputOf(argv, await at(...argv)).trim();

/** Bytes before each small file in a pack: `CWB1`, its size, its BLAKE3. */
const HEADER_BYTES = 40;

/** Changes a byte of a small file's contents where they lie. @param beginning - Of them, and of no other file's. */
async function damage(beginning: string): Promise<void> {
  const packs = join(session.state, "packs");
  for (const name of await readdir(packs)) {
    const bytes = await readFile(join(packs, name));
    for (let at = bytes.indexOf(beginning); at >= 0; at = bytes.indexOf(beginning, at + 1)) {
      if (bytes.toString("latin1", at - HEADER_BYTES, at - HEADER_BYTES + 4) !== "CWB1") continue;
      await using file = await open(join(packs, name), "r+");
      await file.write(Buffer.from([beginning.charCodeAt(0) ^ 1]), 0, 1, at);
      return;
    }
  }
  throw new Error(`no file in a pack begins with '${beginning}'`);
}
const isDamaged = async (): Promise<boolean> => (await at("nix-store", "--verify", "--check-contents")).exit !== 0;

describe("clients that want damage repaired", { timeout: TIMEOUT_MS }, () => {
  it("have an output built again with --repair, with what it needs", async () => {
    const build = ["nix-build", "--no-out-link", VALUES, "-A", "program", "--argstr", "greeting", "repaired"] as const;
    const path = await succeeded(...build);
    await damage("repaired 1\n"); // Of `text`, which it refers to.
    expect(await isDamaged()).toBe(true);
    // Nobody notices.
    expect(await succeeded(...build)).toBe(path);
    expect((await session.client(...build, "--repair", "--store", publicUrl)).stderr).toContain(
      "repairing is not allowed",
    );
    const repaired = await at(...build, "--repair");
    expect(repaired).toMatchObject({ exit: 0, stdout: `${path}\n` });
    expect(repaired.stderr).toMatch(/repairing path '\/nix\/store\/\S+-text'/);
    expect(await isDamaged()).toBe(false);
    expect((await at(...build, "--repair")).stderr).not.toContain("repairing");
  });

  it("have everything repaired that can be with --verify --repair, and are told of the rest", async () => {
    await succeeded("nix-build", "--no-out-link", VALUES, "-A", "developer");
    const source = await succeeded("nix", "store", "add-file", VALUES);
    await damage("d\n");
    const verify = ["nix-store", "--verify", "--check-contents", "--repair"] as const;
    const repaired = await at(...verify);
    expect(repaired.exit).toBe(0);
    expect(await isDamaged()).toBe(false);
    await damage("# Derivations for the tests of the command line.");
    const failed = await at(...verify);
    expect(failed.exit).toBe(1);
    expect(failed.stderr).toContain(`cannot repair path '${source}'`);
  });
});
