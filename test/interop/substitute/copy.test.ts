import { mkdir, readFile, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startDaemon, startNixDaemon } from "../worker/start-daemon.ts";
import { openWorkerSession, type WorkerSession } from "../worker/worker-session.ts";
import { serveDirectory } from "./serve-directory.ts";
import { buildWithNix, copyToCache, makeKey } from "./stock-cache.ts";

const TIMEOUT_MS = 120_000;
let session: WorkerSession;
let key: { secretFile: string; publicKey: string };
let paths: string[];
let program: string;
beforeAll(async () => {
  session = await openWorkerSession();
  key = await makeKey(session, "test-1");
  paths = await buildWithNix(session, "text", "program");
  program = paths[1]!;
}, TIMEOUT_MS);
afterAll(() => session[Symbol.asyncDispose](), TIMEOUT_MS);
beforeEach(async () => {
  await session.stopDaemon();
  await rm(session.state, { recursive: true, force: true });
});

const at = (name: string): string => join(session.home, name);
const trust = (): string[] => ["--option", "trusted-public-keys", key.publicKey];
const signed = (): string[] => ["--secret-key-file", key.secretFile];
/** Builds into our state. */
const build = async (name: string): Promise<string> =>
  session.causewayOutput("build", await session.derivation(name), ...signed());
/** Another store of real Nix, empty. */
const inRoot = (name: string): string[] => ["--store", at(name)];
const valid = async (): Promise<string[]> =>
  (await session.causewayOutput("path-info", "-r", program)).split("\n").sort();

describe("causeway copy and Nix", { timeout: TIMEOUT_MS }, () => {
  it.each(["", "?compression=none", "?compression=xz", "?compression=gzip", "?compression=br"])(
    "agree on a cache of files%s that we write",
    async (parameters) => {
      await build("program");
      const directory = at(`ours-${parameters.slice(-4)}`);
      await session.causewayOutput("copy", ...signed(), "--to", `file://${directory}${parameters}`, program);
      expect(await readFile(join(directory, "nix-cache-info"), "utf8")).toContain("StoreDir: /nix/store\n");
      const root = at(`root-${parameters.slice(-4)}`);
      await session.nixOutput("nix", ...trust(), "copy", "--to", root, "--from", `file://${directory}`, program);
      const [ours, theirs] = await Promise.all(
        [session.nixRoot, root].map((store) =>
          session.nixOutput("nix", "path-info", "--store", store, "-r", "--json", program),
        ),
      );
      const essence = (text: string): unknown =>
        (JSON.parse(text) as { path: string; narHash: string; references: string[] }[]).map(
          ({ path, narHash, references }) => ({ path, narHash, references }),
        );
      expect(essence(theirs!)).toEqual(essence(ours!));
      expect((await readdir(directory)).filter((name) => name.includes(".tmp"))).toEqual([]);
    },
  );

  it("agree on a cache that Nix writes, behind HTTP", async () => {
    await copyToCache(session, at("theirs"), [program], key);
    await using server = await serveDirectory(at("theirs"));
    const refused = await session.causeway("copy", "--from", server.url, program);
    expect([refused.exit, refused.stderr]).toEqual([1, expect.stringContaining("lacks a signature by a trusted key")]);
    const ended = await session.causeway("copy", ...trust(), "--from", server.url, program);
    expect(ended.exit, ended.stderr).toBe(0);
    expect(ended.stderr).toContain("copying 2 paths...\n");
    expect(await valid()).toEqual([...paths].sort());
    expect((await session.causeway("copy", ...trust(), "--from", server.url, program)).stderr).toBe("");
    expect((await session.causeway("store", "verify", "--contents")).exit).toBe(0);
  });

  it("agree on a cache behind HTTP that we write, each path after what it refers to", async () => {
    await build("program");
    await mkdir(at("uploaded"));
    await using server = await serveDirectory(at("uploaded"));
    await session.causewayOutput("copy", ...signed(), "--to", server.url, program);
    const written = server.requests.filter((line) => line.startsWith("PUT"));
    expect(written[0]).toBe("PUT /nix-cache-info");
    expect(written.filter((line) => line.endsWith(".narinfo")).map((line) => line.slice(5, 37))).toEqual(
      paths.map((path) => path.slice("/nix/store/".length, 43)),
    );
    const words = ["copy", "--to", at("uploaded-root"), "--from", server.url, program];
    await session.nixOutput("nix", ...trust(), ...words);
    server.requests.length = 0;
    await session.causewayOutput("copy", ...signed(), "--to", server.url, program);
    expect(server.requests.filter((line) => line.startsWith("PUT"))).toEqual([]);
  });

  it("take without signatures what is to be taken so", async () => {
    await copyToCache(session, at("unsigned"), [program]);
    await session.causewayOutput("copy", "--no-check-sigs", "--from", `file://${at("unsigned")}`, program);
    expect(await valid()).toEqual([...paths].sort());
  });

  it("speak over ssh-ng, in both directions", async () => {
    const ended = await session.causeway("copy", "--no-check-sigs", "--from", stock(session.nixRoot), program);
    expect(ended.exit, ended.stderr).toBe(0);
    expect(await valid()).toEqual([...paths].sort());
    const back = await session.causeway("copy", "--no-check-sigs", "--to", stock(at("ssh-root")), program);
    expect(back.exit, back.stderr).toBe(0);
    await session.nixOutput("nix-store", ...inRoot("ssh-root"), "--verify", "--check-contents");
    expect(await session.nixOutput("nix-store", ...inRoot("ssh-root"), "-qR", program)).toBe(
      await session.nixOutput("nix-store", "-qR", program),
    );
  });

  it("speak over a unix socket, in both directions", async () => {
    await using daemon = await startNixDaemon(session);
    const ended = await session.causeway("copy", "--no-check-sigs", "--from", daemon.url, program);
    expect(ended.exit, ended.stderr).toBe(0);
    expect(await valid()).toEqual([...paths].sort());
    await session.causewayOutput("build", await session.derivation("two"));
    const two = (await session.causewayOutput("build", await session.derivation("two"))).split("\n");
    const back = await session.causeway("copy", "--no-check-sigs", "--to", daemon.url, ...two);
    expect(back.exit, back.stderr).toBe(0);
    await session.nixOutput("nix-store", "--check-validity", ...two);
  });

  it("are told by a daemon of Nix that it wants a signature", async () => {
    await session.causewayOutput("build", await session.derivation("program"));
    const refused = await session.causeway("copy", "--to", stock(at("strict-root")), program);
    expect(refused.exit).toBe(1);
    expect(refused.stderr).toMatch(/lacks a (valid )?signature/);
  });

  it("go through our own daemon while it has the state", async () => {
    await using daemon = await startDaemon(session, ...trust());
    expect(daemon.pid).toBeGreaterThan(0);
    await copyToCache(session, at("through"), [program], key);
    const ended = await session.causeway("copy", ...trust(), "--from", `file://${at("through")}`, program);
    expect(ended.exit, ended.stderr).toBe(0);
    expect(await valid()).toEqual([...paths].sort());
  });

  it("copy from one place to another without a state between them", async () => {
    const words = ["--no-check-sigs", "--from", stock(session.nixRoot), "--to", `file://${at("straight")}`];
    await session.causewayOutput("copy", ...words, program);
    await session.nixOutput(
      "nix",
      "copy",
      "--no-check-sigs",
      "--to",
      at("straight-root"),
      "--from",
      `file://${at("straight")}`,
      program,
    );
  });

  it("find this machine's Nix by its store directory, and other stores by their root", async () => {
    // `NIX_REMOTE` of the session's environment is the store of evaluation. What derivations refer to comes with them.
    const drv = await session.derivation("program");
    await session.causewayOutput("copy", "--from", "/nix/store", drv);
    const derivations = await session.causewayOutput("path-info", "-r", drv);
    await session.causewayOutput("copy", "--to", at("by-root"), drv);
    expect(await session.nixOutput("nix-store", "--store", at("by-root"), "-qR", drv)).toContain(drv);
    expect(derivations).toContain("-text.drv");
  });

  it("say what is not there, and what is no place", async () => {
    const absent = "/nix/store/00000000000000000000000000000000-absent";
    const missing = await session.causeway("copy", "--from", stock(session.nixRoot), absent);
    expect([missing.exit, missing.stderr]).toEqual([
      1,
      expect.stringContaining(`path '${absent}' is not valid in 'ssh-ng:`),
    ]);
    expect((await session.causeway("copy", "--to", "gopher://x", program)).stderr).toContain(
      "is no place for store paths",
    );
    expect((await session.causeway("copy", program)).exit).toBe(1);
  });
});

/** The daemon of real Nix on a root of its own. */
function stock(root: string): string {
  return `ssh-ng://localhost?remote-program=nix-daemon&remote-store=${root}`;
}
