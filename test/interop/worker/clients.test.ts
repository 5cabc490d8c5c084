import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VALUES, built } from "../cli/session.ts";
import { openWorkerSession, type WorkerSession } from "./worker-session.ts";
import { startDaemon, type RunningDaemon } from "./start-daemon.ts";

const TIMEOUT_MS = 120_000;
const CLIENTS = 16;
let session: WorkerSession;
let daemon: RunningDaemon;
beforeAll(async () => {
  session = await openWorkerSession();
  daemon = await startDaemon(session);
}, TIMEOUT_MS);
afterAll(async () => {
  await daemon[Symbol.asyncDispose]();
  await session[Symbol.asyncDispose]();
}, TIMEOUT_MS);

describe("clients of one daemon", { timeout: TIMEOUT_MS }, () => {
  it("are all served when they ask for overlapping graphs at the same time", async () => {
    const attributes = ["two", "program", "text"];
    const ends = await Promise.all(
      Array.from({ length: CLIENTS }, (_, i) =>
        session.client(
          ...(["nix-build", "--no-out-link", VALUES, "-A", attributes[i % 3]!] as const),
          ...["--argstr", "greeting", "together", "--store", i % 2 === 0 ? daemon.url : session.url],
        ),
      ),
    );
    for (const ended of ends) expect(ended).toMatchObject({ exit: 0 });
    // Each derivation was built once; its log went to all who waited for it.
    expect(new Set(ends.flatMap(built))).toEqual(new Set(attributes));
  });

  it.each(["SIGINT", "SIGKILL"] as const)("leave nothing running when they end by %s", async (signal) => {
    const words = ["--no-out-link", VALUES, "-A", "slow", "--argstr", "greeting", signal, "--store", daemon.url];
    const client = spawn("nix-build", words, { env: session.clientEnv, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    client.stderr.on("data", (piece: Buffer) => (said += piece.toString()));
    while (!said.includes("began")) await once(client.stderr, "data");
    expect(runningActions()).not.toEqual([]);
    client.kill(signal);
    await once(client, "exit");
    while (runningActions().length > 0) await sleep(20);
    // The daemon goes on.
    expect(await session.client("nix", "store", "ping", "--store", daemon.url)).toMatchObject({ exit: 0 });
  });
});

function runningActions(): string[] {
  const work = join(session.state, "work");
  return readdirSync(work).filter((name) => name !== "dev" && !name.startsWith("slot-"));
}
