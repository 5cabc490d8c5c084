import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** What a server gets to end by itself. */
const KILL_AFTER_MS = 10_000;

/** A foreign server that runs. */
export interface Peer extends AsyncDisposable {
  readonly pid: number;
  /** What it said so far. */
  log(): Promise<string>;
}

export interface PeerOptions {
  readonly command: readonly string[];
  /** Answers here when it is ready. */
  readonly port: number;
  readonly logFile: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly readyWithinMs?: number;
}

/**
 * Starts a foreign server and waits until its port answers. Disposing ends it and its process group.
 *
 * @throws Error with what it said, if it ends or is not ready in time.
 */
export async function startPeer({ command, port, logFile, env, readyWithinMs = 60_000 }: PeerOptions): Promise<Peer> {
  const [program = "", ...args] = command;
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], detached: true, env: env ?? process.env });
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(`ended with ${code ?? signal}`));
  });
  const state = { running: true };
  void ended.then(() => (state.running = false));
  const file = createWriteStream(logFile);
  child.stdout.pipe(file, { end: false });
  child.stderr.pipe(file, { end: false });
  const peer: Peer = {
    pid: child.pid ?? -1,
    log: () => readFile(logFile, "utf8"),
    async [Symbol.asyncDispose]() {
      // The group, for some servers start others; our own, made by `detached`.
      if (state.running && child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
      const late = setTimeout(
        () => state.running && child.pid !== undefined && process.kill(-child.pid, "SIGKILL"),
        KILL_AFTER_MS,
      );
      await ended;
      clearTimeout(late);
      file.end();
    },
  };
  const until = Date.now() + readyWithinMs;
  while (state.running && Date.now() < until) {
    if (await answers(port)) return peer;
    await sleep(50);
  }
  const said = state.running ? `is not ready after ${readyWithinMs} ms` : await ended;
  await peer[Symbol.asyncDispose]();
  throw new Error(`${program} ${said}:\n${(await peer.log()).slice(-4000)}`);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** Ports that nothing listens on at this moment, for programs that cannot say which one they chose. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once("error", reject);
          server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** A directory that disposing removes. */
export async function temporaryDirectory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "causeway-peers-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
