// What substituting from the binary cache of `causeway serve` costs beside a cache of files that Nix wrote, behind nginx.
//   node test/bench/binary-cache.ts [REPETITIONS] prints JSON. Needs nginx and curl (Debian: `nginx-light`, `curl`). Everything is in the page cache.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, open, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createHome, prepareMachine } from "../interop/nix/machine.ts";
import { output } from "../interop/nix/run-program.ts";
import { nixEnvironment, SHARED_SETTINGS } from "../interop/nix/settings.ts";
import { createServerHome } from "../serve/start-server.ts";
import { measure, median, summary, type Measurement } from "./measure.ts";

const FILES = 20_000;
const FILES_PER_DIRECTORY = 200;
const STOCK = ["none", "zstd", "xz"];
const LARGE_BYTES = 160 * 2 ** 20;

const repetitions = Number(process.argv[2] ?? 3);
await prepareMachine();
const home = await createHome("bench-cache");
const server = await createServerHome();
const env = { ...nixEnvironment(home, { ...SHARED_SETTINGS, "build-users-group": "" }), NIX_REMOTE: join(home, "nix") };
const nix = async (...argv: readonly string[]): Promise<string> => (await output(argv, { env, cwd: home })).trim();
let nginx: ChildProcess | undefined;
let roots = 0;

try {
  const paths = [
    await nix("nix-store", "--add", await makeLarge(join(home, "large"))),
    await nix("nix-store", "--add", await makeSmall(join(home, "small"))),
  ];
  const caches: Record<string, string> = {};
  for (const compression of ["none", "zstd"]) {
    const state = join(home, compression);
    const config = `binaryCache: { compression: ${compression} }\n`;
    const words = ["--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--state", state];
    const { http } = await server.start({ config, words }).ready();
    await nix("nix", "copy", "--no-check-sigs", "--to", `${http}?compression=none`, ...paths);
    caches[`causeway, ${compression}`] = http;
  }
  // What Nix writes unless it is told otherwise is packed with xz.
  for (const compression of STOCK) {
    const files = `file://${home}/files/${compression}?compression=${compression}`;
    await nix("nix", "copy", "--no-check-sigs", "--to", files, ...paths);
  }
  const port = await startNginx(join(home, "files"));
  for (const compression of STOCK) caches[`nginx, ${compression}`] = `http://127.0.0.1:${port}/${compression}`;

  const taken = new Map<string, Measurement[]>();
  const streamed = new Map<string, number[]>();
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const names = Object.keys(caches);
    for (const name of repetition % 2 === 0 ? names : names.reverse()) {
      const root = join(home, `root-${String(roots++)}`);
      // Each time somebody who knows nothing yet.
      const words = ["nix", "copy", "--no-check-sigs", "--from", caches[name]!, "--to", root, ...paths];
      const run = await measure(words, { ...env, XDG_CACHE_HOME: join(root, "cache") }, home);
      taken.set(name, [...(taken.get(name) ?? []), run]);
      await rm(root, { recursive: true, force: true });
      for (const path of paths) {
        const narinfo = await (await fetch(`${caches[name]!}/${path.slice("/nix/store/".length, 43)}.narinfo`)).text();
        const url = `${caches[name]!}/${/^URL: (.*)$/m.exec(narinfo)![1]!}`;
        const narBytes = Number(/^NarSize: (.*)$/m.exec(narinfo)![1]!);
        const { wallMs } = await measure(["curl", "-sSf", "-o", "/dev/null", url], env, home);
        const key = `${name}: ${path === paths[0] ? "one large file" : "20,000 files"}`;
        streamed.set(key, [...(streamed.get(key) ?? []), narBytes / 1e6 / (wallMs / 1000)]);
      }
    }
  }
  const figures = {
    substituted: Object.fromEntries([...taken].map(([name, runs]) => [name, summary(runs)])),
    archivesMBPerSecond: Object.fromEntries([...streamed].map(([name, rates]) => [name, Math.round(median(rates))])),
  };
  console.log(JSON.stringify(figures, undefined, 2));
} finally {
  nginx?.kill();
  await server[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
}

async function startNginx(directory: string): Promise<number> {
  const port = await freePort();
  const config = join(home, "nginx.conf");
  const server = `server { listen 127.0.0.1:${String(port)}; root ${directory}; }`;
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${home}/nginx-${name};`,
  );
  await writeFile(
    config,
    `daemon off; user root; worker_processes 1; pid ${home}/nginx.pid; error_log ${home}/nginx.log; events {}
     http { access_log off; sendfile on; ${temporary.join(" ")} ${server} }`,
  );
  nginx = spawn("nginx", ["-c", config], { env, stdio: "inherit" });
  for (;;) {
    const answered = await fetch(`http://127.0.0.1:${String(port)}/none/nix-cache-info`).catch(() => undefined);
    if (answered?.ok === true) return port;
    if (nginx.exitCode !== null) throw new Error("nginx has ended");
    await new Promise(setImmediate);
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}

async function makeLarge(path: string): Promise<string> {
  await using file = await open(path, "w");
  const piece = Buffer.alloc(2 ** 20);
  for (let i = 0; i < LARGE_BYTES / piece.byteLength; i++) {
    for (let at = 0; at < piece.byteLength; at += 4)
      piece.writeUInt32LE(((i * piece.byteLength + at) * 2654435761) % 2 ** 32, at);
    await file.write(piece);
  }
  return path;
}

async function makeSmall(path: string): Promise<string> {
  for (let i = 0; i < FILES; i++) {
    const directory = join(path, `${Math.floor(i / FILES_PER_DIRECTORY)}`);
    if (i % FILES_PER_DIRECTORY === 0) await mkdir(directory, { recursive: true });
    await writeFile(join(directory, `file-${i}`), `${i} `.repeat(900));
  }
  return path;
}
