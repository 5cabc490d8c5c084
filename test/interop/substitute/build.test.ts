import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { built, openSession, type Session } from "../cli/session.ts";
import { CAUSEWAY } from "../nix/create-causeway-builder.ts";
import { serveDirectory, type DirectoryServer } from "./serve-directory.ts";
import { buildWithNix, copyToCache, makeKey } from "./stock-cache.ts";

const TIMEOUT_MS = 120_000;
let session: Session;
let server: DirectoryServer;
let key: { secretFile: string; publicKey: string };
let program: string;
beforeAll(async () => {
  session = await openSession();
  key = await makeKey(session, "test-1");
  [program] = (await buildWithNix(session, "program")) as [string];
  for (const compression of ["xz", "bzip2", "gzip", "zstd", "br", "none"])
    await copyToCache(session, join(session.home, "caches", compression), [program], { compression, ...key });
  await copyToCache(session, join(session.home, "caches", "unsigned"), [program]);
  server = await serveDirectory(join(session.home, "caches"));
}, TIMEOUT_MS);
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await session[Symbol.asyncDispose]();
}, TIMEOUT_MS);
beforeEach(() => rm(session.state, { recursive: true, force: true }));

const from = (...caches: readonly string[]): string[] => [
  ...["--option", "substituters", caches.join(" ")],
  ...["--option", "trusted-public-keys", key.publicKey],
];

describe("causeway build, where Nix's own cache has what is asked for", { timeout: TIMEOUT_MS }, () => {
  it.each(["xz", "bzip2", "gzip", "zstd", "br", "none"])("fetches it, packed with %s", async (compression) => {
    const cache = `${server.url}/${compression}`;
    const ended = await session.causeway("build", ...from(cache), await session.derivation("program"));
    expect([ended.stdout.trim(), ended.exit], ended.stderr).toEqual([program, 0]);
    expect(built(ended)).toEqual([]);
    expect(ended.stderr).toContain(`copying path '${program}' from '${cache}'...`);
    expect((await session.causeway("store", "verify", "--contents")).exit).toBe(0);
    const [hash, expected] = await Promise.all([
      session.causewayOutput("path-info", "--json", program),
      session.nixOutput("nix", "path-info", "--json", program),
    ]);
    const [ours, theirs] = [hash, expected].map(
      (text) => (JSON.parse(text) as { narHash: string; references: string[] }[])[0]!,
    );
    expect([ours!.narHash, ours!.references]).toEqual([theirs!.narHash, theirs!.references]);
  });

  it("takes nothing that is not signed, and builds it", async () => {
    const ended = await session.causeway(
      "build",
      ...from(`${server.url}/unsigned`),
      await session.derivation("program"),
    );
    expect([ended.stdout.trim(), ended.exit], ended.stderr).toEqual([program, 0]);
    expect(built(ended)).toEqual(["program", "text"]);
    expect(ended.stderr).toContain("as it's not signed by any of the keys in 'trusted-public-keys'");
  });

  it("takes it unsigned where that was said", async () => {
    const drv = await session.derivation("program");
    const ended = await session.causeway("build", ...from(`${server.url}/unsigned?trusted=1`), drv);
    expect([built(ended), ended.exit], ended.stderr).toEqual([[], 0]);
    await rm(session.state, { recursive: true, force: true });
    const noSigs = ["--option", "require-sigs", "false"];
    const again = await session.causeway("build", ...noSigs, ...from(`${server.url}/unsigned`), drv);
    expect([built(again), again.exit], again.stderr).toEqual([[], 0]);
  });

  it("reads a cache of files, and what is not there it builds", async () => {
    const cache = `file://${join(session.home, "caches", "zstd")}`;
    const ended = await session.causeway("build", ...from(cache), await session.derivation("two"));
    expect([built(ended), ended.exit], ended.stderr).toEqual([["two"], 0]);
    expect(ended.stderr).toMatch(/copying path '.*-text' from 'file:/);
  });

  it("waits once for a dead cache, and goes on with the next one, or builds", async () => {
    const dead = "http://127.0.0.1:9";
    const ended = await session.causeway(
      "build",
      ...from(dead, `${server.url}/xz`),
      await session.derivation("program"),
    );
    expect([built(ended), ended.exit], ended.stderr).toEqual([[], 0]);
    expect(ended.stderr.match(/warning: unable to download 'http:\/\/127\.0\.0\.1:9\/nix-cache-info'/g)).toHaveLength(
      1,
    );
    await rm(session.state, { recursive: true, force: true });
    const alone = await session.causeway("build", ...from(dead), await session.derivation("program"));
    expect([built(alone), alone.exit], alone.stderr).toEqual([["program", "text"], 0]);
  });

  it("asks nobody with 'substitute = false', or when everything is there", async () => {
    const asked = server.requests.length;
    const drv = await session.derivation("program");
    await session.causeway("build", "--option", "substitute", "false", ...from(`${server.url}/xz`), drv);
    await session.causeway("build", ...from(`${server.url}/xz`), drv);
    expect(server.requests.length).toBe(asked);
  });
});

describe("causeway build, interrupted while a cache sends nothing more", { timeout: TIMEOUT_MS }, () => {
  it("ends at once, and leaves a state that can be used", async () => {
    const silent = createServer((request, response) => {
      if (request.url?.startsWith("/nar/") === true) response.writeHead(200).write("half");
      else
        readFile(join(session.home, "caches", "none", request.url ?? "")).then(
          (bytes) => response.end(bytes),
          () => response.writeHead(404).end(),
        );
    });
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${String((silent.address() as AddressInfo).port)}`;
    const words = ["build", ...from(url), await session.derivation("program")];
    const child = spawn(CAUSEWAY, words, { env: session.env, stdio: ["ignore", "ignore", "pipe"] });
    const ended = once(child, "exit");
    let said = "";
    let isInterrupted = false;
    for await (const piece of child.stderr as AsyncIterable<Buffer>) {
      said += piece.toString();
      if (isInterrupted || !said.includes("copying path")) continue;
      isInterrupted = child.kill("SIGINT");
    }
    expect(await ended).toEqual([130, null]);
    expect(said).toContain("error: interrupted by the user");
    silent.closeAllConnections();
    await new Promise((resolve) => silent.close(resolve));
    expect((await session.causeway("store", "verify", "--contents")).exit).toBe(0);
  });
});
