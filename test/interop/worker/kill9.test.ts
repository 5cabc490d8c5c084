import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { outputOf } from "../nix/run-program.ts";
import { openWorkerSession, type WorkerSession } from "./worker-session.ts";
import { startDaemon } from "./start-daemon.ts";

const TIMEOUT_MS = 120_000;
const CHAIN = join(import.meta.dirname, "../../bench/chain.nix");
const ROUNDS = 4;
let session: WorkerSession;
beforeAll(async () => {
  session = await openWorkerSession();
}, TIMEOUT_MS);
afterAll(() => session[Symbol.asyncDispose](), TIMEOUT_MS);

describe("a daemon that is killed", { timeout: TIMEOUT_MS }, () => {
  it("has every derivation that it took when it starts again", async () => {
    const roots: string[] = [];
    const run = async (...argv: readonly [string, ...string[]]): Promise<string> =>
      outputOf(argv, await session.client(...argv)).trim();
    for (let round = 0; round <= ROUNDS; round++) {
      // What was killed has left its socket.
      await rm(join(session.home, "causeway.sock"), { force: true });
      await using daemon = await startDaemon(session);
      const store = ["--store", daemon.url];
      if (roots.length > 0) {
        const known = (await run("nix-store", "--query", "--requisites", ...store, ...roots)).split("\n");
        expect(known).toEqual(expect.arrayContaining(roots));
        expect(known).toHaveLength(roots.length * 31);
        await run("nix-store", "--verify", "--check-contents", ...store);
      }
      const words = ["-A", "fan", "--argstr", "salt", `killed-${String(round)}`, "--arg", "count", "30"];
      roots.push(await run("nix-instantiate", CHAIN, ...words, ...store));
      // The last one ends by itself, and lets the state go.
      if (round < ROUNDS) process.kill(daemon.pid, "SIGKILL");
    }
  });
});
