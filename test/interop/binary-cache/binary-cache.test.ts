import { createHash } from "node:crypto";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createServerHome, type ServerHome } from "../../serve/start-server.ts";
import { VALUES } from "../cli/session.ts";
import { buildWithNix, copyToCache, makeKey } from "../substitute/stock-cache.ts";
import { openWorkerSession, type WorkerSession } from "../worker/worker-session.ts";

const TIMEOUT_MS = 120_000;
let session: WorkerSession;
let home: ServerHome;
let key: { secretFile: string; publicKey: string };
/** Everybody who reaches it may do anything. */
let open: string;
let program: string;
let paths: string[];
beforeAll(async () => {
  session = await openWorkerSession();
  home = await createServerHome();
  key = await makeKey(session, "test-1");
  paths = await buildWithNix(session, "text", "program");
  program = paths[1]!;
  const server = home.start({ config: `binaryCache: { signingKeyFiles: [${key.secretFile}], priority: 33 }\n` });
  open = (await server.ready()).http;
}, TIMEOUT_MS);
afterAll(async () => {
  await home[Symbol.asyncDispose]();
  await session[Symbol.asyncDispose]();
}, TIMEOUT_MS);

let roots = 0;
/** An empty store of real Nix. */
const newRoot = (): string => join(session.home, `root-${String(roots++)}`);
const hashPart = (path: string): string => path.slice("/nix/store/".length, 43);
const trust = (): string[] => [
  ...["--option", "trusted-public-keys", key.publicKey],
  ...["--option", "narinfo-cache-negative-ttl", "0"],
];
/** Nix remembers what caches say; somebody else does not know it. */
const stranger = (...argv: readonly string[]): ReturnType<WorkerSession["nix"]> =>
  session.nix("env", `XDG_CACHE_HOME=${newRoot()}`, ...argv);
/** What another store of Nix says of paths. */
async function essence(root: string, ...all: readonly string[]): Promise<unknown> {
  const text = await session.nixOutput("nix", "path-info", "--store", root, "-r", "--json", ...all);
  const infos = JSON.parse(text) as { path: string; narHash: string; narSize: number; references: string[] }[];
  return infos.map(({ path, narHash, narSize, references }) => ({ path, narHash, narSize, references }));
}

describe("the binary cache of causeway serve", { timeout: TIMEOUT_MS }, () => {
  it("says what it is", async () => {
    const response = await fetch(`${open}/nix-cache-info`);
    expect(response.headers.get("content-type")).toBe("text/x-nix-cache-info");
    expect(await response.text()).toBe("StoreDir: /nix/store\nWantMassQuery: 1\nPriority: 33\n");
  });

  it.each(["xz", "none", "zstd", "bzip2", "gzip", "br"])("is copied to by Nix, packed with %s", async (compression) => {
    await using other = await createServerHome();
    const { http } = await other.start().ready();
    await session.nixOutput("nix", "copy", "--to", `${http}?compression=${compression}`, program);
    const root = newRoot();
    await session.nixOutput("nix", "copy", "--no-check-sigs", "--from", http, "--to", root, program);
    expect(await essence(root, program)).toEqual(await essence(session.nixRoot, program));
    await session.nixOutput("nix-store", "--store", root, "--verify", "--check-contents");
  });

  it("is substituted from, with signatures that it adds", async () => {
    await session.nixOutput("nix", "copy", "--to", open, program);
    const root = newRoot();
    const words = [VALUES, "--no-out-link", "-A", "program", "--store", root, "--option", "substituters", open];
    const ended = await stranger("nix-build", ...words, ...trust());
    expect([ended.exit, ended.stdout.trim()], ended.stderr).toEqual([0, program]);
    expect(ended.stderr).toContain(`copying path '${program}' from '${open}'`);
    expect(ended.stderr).not.toContain("building '");
  });

  it("is listed and read by Nix, as a cache of files is", async () => {
    await session.nixOutput("nix", "copy", "--to", open, ...paths);
    const listed = await session.nixOutput("nix", "store", "ls", "-lR", "--store", open, program);
    expect(listed).toBe(await session.nixOutput("nix", "store", "ls", "-lR", program));
    const file = `${program}/bin/run`;
    expect(await session.nixOutput("nix", "store", "cat", "--store", open, file)).toBe(
      await session.nixOutput("nix", "store", "cat", file),
    );
  });

  it("has the listings that Nix writes", async () => {
    const two = (await buildWithNix(session, "two", "source")).concat(paths);
    await session.nixOutput("nix", "copy", "--to", open, ...two);
    const files = join(session.home, "listed");
    await session.nixOutput("nix", "copy", "--to", `file://${files}?write-nar-listing=1`, ...two);
    const listings = (await readdir(files)).filter((name) => name.endsWith(".ls"));
    expect(listings.length).toBeGreaterThan(3);
    for (const name of listings)
      expect(await (await fetch(`${open}/${name}`)).text()).toBe(await readFile(join(files, name), "utf8"));
  });

  it("sends parts of archives", async () => {
    await session.nixOutput("nix", "copy", "--to", open, program);
    const narinfo = await (await fetch(`${open}/${hashPart(program)}.narinfo`)).text();
    const url = `${open}/${/^URL: (.*)$/m.exec(narinfo)![1]!}`;
    const whole = Buffer.from(await (await fetch(url)).arrayBuffer());
    const hash = createHash("sha256").update(whole).digest("hex");
    expect(narinfo).toContain(`NarSize: ${String(whole.byteLength)}\n`);
    expect((await essence(session.nixRoot, program)) as unknown[]).toContainEqual(
      expect.objectContaining({ narHash: `sha256-${Buffer.from(hash, "hex").toString("base64")}` }),
    );
    for (const [from, to] of [
      [0, 0],
      [1, 17],
      [90, 333],
      [whole.byteLength - 9, whole.byteLength - 1],
    ] as const) {
      const part = await fetch(url, { headers: { range: `bytes=${String(from)}-${String(to)}` } });
      expect(part.status).toBe(206);
      expect(part.headers.get("content-range")).toBe(`bytes ${String(from)}-${String(to)}/${String(whole.byteLength)}`);
      expect(Buffer.from(await part.arrayBuffer())).toEqual(whole.subarray(from, to + 1));
    }
    const tail = await fetch(url, { headers: { range: "bytes=-5" } });
    expect(Buffer.from(await tail.arrayBuffer())).toEqual(whole.subarray(-5));
    const behind = await fetch(url, { headers: { range: `bytes=${String(whole.byteLength)}-` } });
    expect([behind.status, behind.headers.get("content-range")]).toEqual([416, `bytes */${String(whole.byteLength)}`]);
    const head = await fetch(url, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length")]).toEqual([200, String(whole.byteLength)]);
  });

  it("keeps logs", async () => {
    const drv = (await session.nixOutput("nix-store", "-q", "--deriver", program)).trim();
    await session.nixOutput("nix", "copy", "--derivation", "--to", open, drv);
    await session.nixOutput("nix", "store", "copy-log", "--to", open, drv);
    const log = await stranger("nix", "log", "--store", open, drv);
    expect([log.exit, log.stdout.trim()], log.stderr).toEqual([0, await session.nixOutput("nix", "log", drv)]);
    expect((await fetch(`${open}/log/00000000000000000000000000000000-x.drv`)).status).toBe(404);
  });

  it("sends packed archives where it is told to", async () => {
    await using other = await createServerHome();
    const { http } = await other.start({ config: "binaryCache: { compression: zstd }\n" }).ready();
    await session.nixOutput("nix", "copy", "--to", http, program);
    const root = newRoot();
    await session.nixOutput("nix", "copy", "--no-check-sigs", "--from", http, "--to", root, program);
    expect(await essence(root, program)).toEqual(await essence(session.nixRoot, program));
    expect(await (await fetch(`${http}/${hashPart(program)}.narinfo`)).text()).toContain("Compression: zstd\n");
  });

  it("is copied to and from by causeway copy", async () => {
    await session.causewayOutput("build", await session.derivation("program"));
    await using other = await createServerHome();
    const { http } = await other.start().ready();
    await session.causewayOutput("copy", "--to", http, program);
    const state = join(session.home, "copied");
    await session.causewayOutput("copy", "--no-check-sigs", "--state", state, "--from", http, program);
    expect(await session.causewayOutput("path-info", "-r", program, "--state", state)).toBe(
      await session.causewayOutput("path-info", "-r", program),
    );
  });

  it("takes from those who may only write what is signed or addressed by its contents", async () => {
    await using other = await createServerHome();
    const hash = (await other.run(["serve", "--hash-password"], "secret\n")).stdout.trim();
    const config = [
      `credentials: { users: [{ name: writer, passwordHash: "${hash}" }, { name: reader, passwordHash: "${hash}" }] }`,
      "rules: [{ callers: [writer], rights: [read, write] }, { callers: [reader], rights: [read] }]",
      "",
    ].join("\n");
    const env = { NIX_CONFIG: `trusted-public-keys = ${key.publicKey}` };
    const { http } = await other.start({ config, env }).ready();
    const as = (name: string): string => http.replace("http://", `http://${name}:secret@`);
    const copy = (url: string, ...words: readonly string[]): ReturnType<WorkerSession["nix"]> =>
      session.nix("nix", "copy", "--to", url, ...words);
    expect((await copy(http, program)).stderr).toMatch(/401|403|not appear to be a binary cache/);
    expect((await copy(as("reader"), program)).exit).not.toBe(0);
    const unsigned = await copy(as("writer"), program);
    expect(unsigned.exit).not.toBe(0);
    expect(unsigned.stderr).toMatch(/HTTP error 400|lacks a signature/);
    const root = newRoot();
    const signed = await copy(`${as("writer")}?secret-key=${key.secretFile}`, program);
    expect(signed.exit, signed.stderr).toBe(0);
    const from = await session.nix("nix", "copy", ...trust(), "--from", as("reader"), "--to", root, program);
    expect(from.exit, from.stderr).toBe(0);
    // What outputs were built to is believed as paths are.
    const derivationOf = (name: string): Promise<string> => session.nixOutput("nix-instantiate", VALUES, "-A", name);
    const unknown = await copy(`${as("writer")}?secret-key=${key.secretFile}`, await derivationOf("program"));
    expect(unknown.stderr).toContain("lacks a signature by a trusted key");
    const built = [VALUES, "--no-out-link", "-A", "cores", "--option", "secret-key-files", key.secretFile];
    await session.nixOutput("nix-build", ...built);
    const known = await copy(as("writer"), await derivationOf("cores"));
    expect(known.exit, known.stderr).toBe(0);
    // By its contents: a derivation.
    const drv = await session.nixOutput("nix-instantiate", VALUES, "-A", "text");
    const addressed = await copy(as("writer"), "--derivation", drv);
    expect(addressed.exit, addressed.stderr).toBe(0);
  });

  it("keeps what outputs with floating addresses were built to", async () => {
    const expression = `derivation { name = "floating"; system = builtins.currentSystem; builder = "/bin/sh";
      args = [ "-c" "echo floating > $out" ]; __contentAddressed = true; outputHashMode = "recursive"; outputHashAlgo = "sha256"; }`;
    const file = join(session.home, "floating.nix");
    await writeFile(file, expression);
    const path = await session.nixOutput("nix-build", "--no-out-link", file);
    await session.nixOutput("nix", "copy", "--to", open, "-f", file);
    const root = newRoot();
    const words = ["--no-out-link", file, "--store", root, "--option", "substituters", open];
    const ended = await session.nix("nix-build", ...words, ...trust());
    expect([ended.exit, ended.stdout.trim()], ended.stderr).toEqual([0, path]);
    expect(ended.stderr).not.toContain("building '");
  });

  it("serves a cache of Nix that was copied into it", async () => {
    await copyToCache(session, join(session.home, "files"), paths, key);
    await using other = await createServerHome();
    const { http } = await other.start().ready();
    const files = `file://${join(session.home, "files")}`;
    await session.nixOutput("nix", "copy", ...trust(), "--from", files, "--to", http, program);
    expect(await (await fetch(`${http}/${hashPart(program)}.narinfo`)).text()).toMatch(/^Sig: test-1:/m);
  });
});
