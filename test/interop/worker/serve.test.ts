import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createServerHome, type ServerHome } from "../../serve/start-server.ts";
import { VALUES } from "../cli/session.ts";
import { openWorkerSession, type WorkerSession } from "./worker-session.ts";

const TIMEOUT_MS = 120_000;
let session: WorkerSession;
let server: ServerHome;
beforeAll(async () => {
  session = await openWorkerSession();
  server = await createServerHome();
}, TIMEOUT_MS);
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await session[Symbol.asyncDispose]();
}, TIMEOUT_MS);

describe("causeway serve", { timeout: TIMEOUT_MS }, () => {
  it("serves Nix on the socket in its state, which causeway stdio joins", async () => {
    const publicSocket = join(server.directory, "public.sock");
    const process = server.start({
      config: `nix: { publicSocket: ${publicSocket} }\n`,
      env: { NIX_CONFIG: session.clientEnv["NIX_CONFIG"]! },
    });
    await process.ready();
    const socket = `unix://${join(server.state, "nix.sock")}`;
    const stdio = session.url.replace(encodeURIComponent(session.state), encodeURIComponent(server.state));
    const build = ["nix-build", "--no-out-link", VALUES, "-A", "two", "--store"] as const;
    const first = await session.client(...build, stdio);
    expect(first).toMatchObject({ exit: 0 });
    expect(first.stderr).toContain("building '");
    const second = await session.client(...build, socket);
    expect(second).toMatchObject({ exit: 0, stdout: first.stdout });
    expect(second.stderr).not.toContain("building '");
    // Nobody in particular: builds are fine, but nothing is taken on trust.
    const path = first.stdout.trim();
    const others = `unix://${publicSocket}`;
    expect(await session.client(...build, others)).toMatchObject({ exit: 0, stdout: first.stdout });
    const signed = await session.client("nix", "store", "sign", "--store", others, "--key-file", "/dev/null", path);
    expect(signed.exit).not.toBe(0);
    process.signal("SIGTERM");
    expect(await process.ended()).toMatchObject({ exit: 0 });
  });
});
