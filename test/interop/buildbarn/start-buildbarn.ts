import { existsSync } from "node:fs";
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePorts, startPeer, type Peer } from "../peers/start-peer.ts";

const CONFIGURATION = fileURLToPath(new URL("../../../examples/clusters/buildbarn.jsonnet", import.meta.url));
const PROGRAMS = ["bb_storage", "bb_scheduler", "bb_worker", "bb_runner"];

/** Where Buildbarn's programs are: nothing brings them by itself. `undefined` if `$BUILDBARN_BIN` is not set. */
export function buildbarnFolder(): string | undefined {
  const folder = process.env["BUILDBARN_BIN"];
  if (folder === undefined) return undefined;
  const missing = PROGRAMS.filter((program) => !existsSync(join(folder, program)));
  if (missing.length > 0) throw new Error(`$BUILDBARN_BIN (${folder}) has no ${missing.join(", ")}`);
  return folder;
}

/** A program of it. */
export type BuildbarnPart = "storage" | "scheduler" | "runner" | "worker";

/** A Buildbarn that runs. */
export interface Buildbarn extends AsyncDisposable {
  /** Where executions are asked for. */
  readonly execution: string;
  /** Where its blobs are. */
  readonly storage: string;
  /** Its processes. */
  readonly pids: readonly number[];
  /** Ends a part, as if by a crash or as its service manager would. */
  stop(part: BuildbarnPart, signal: "SIGKILL" | "SIGTERM"): Promise<void>;
  /** Starts a part again that was stopped. */
  restart(part: BuildbarnPart): Promise<void>;
}

export interface BuildbarnOptions {
  /** With its programs. */
  readonly folder: string;
  /** Empty, for its state. */
  readonly directory: string;
  /** Address of a CAS and action cache that it uses in place of its own storage. */
  readonly storage?: string;
  /** Whether the input root is `/` for actions, which then run as a user of their own; needs root. Default false. */
  readonly chroot?: boolean;
}

/** Scheduler, worker and runner, and storage unless another is given. Actions run as they are, on this machine's root. */
export async function startBuildbarn({
  folder,
  directory,
  storage,
  chroot = false,
}: BuildbarnOptions): Promise<Buildbarn> {
  await using starting = new AsyncDisposableStack();
  // Actions run as another user below it.
  await chmod(directory, 0o755);
  for (const part of ["build", "cas/state", "ac/state"]) await mkdir(join(directory, part), { recursive: true });
  await mkdir(join(directory, "cache"), { mode: 0o700 });
  const [admin = 0, client = 0, worker = 0, state = 0, own = 0] = await freePorts(5);
  const storageHost = storage === undefined ? `127.0.0.1:${own}` : new URL(storage).host;
  const env = {
    ...process.env,
    DIRECTORY: directory,
    STORAGE: storageHost,
    CHROOT: String(chroot),
    STORAGE_PORT: String(own),
    ADMIN_PORT: String(admin),
    CLIENT_PORT: String(client),
    WORKER_PORT: String(worker),
    STATE_PORT: String(state),
  };
  const parts = new Map<BuildbarnPart, Peer>();
  let starts = 0;
  const start = async (part: BuildbarnPart, owner: AsyncDisposableStack): Promise<void> => {
    const command = [join(folder, `bb_${part}`), CONFIGURATION];
    const logFile = join(directory, `${part}-${String(starts++)}.log`);
    // Runner and worker have no port: they are ready when the scheduler says so.
    const port = part === "storage" ? own : client;
    parts.set(part, owner.use(await startPeer({ command, port, logFile, env: { ...env, PART: part } })));
  };
  if (storage === undefined) await start("storage", starting);
  for (const part of ["scheduler", "runner", "worker"] as const) await start(part, starting);
  const end = Date.now() + 30_000;
  while (!(await page(admin)).includes("OSFamily")) {
    if (Date.now() > end) throw new Error("Buildbarn's worker did not come");
    await sleep(50);
  }
  const opened = starting.move();
  return {
    execution: `grpc://127.0.0.1:${client}`,
    storage: `grpc://${storageHost}`,
    pids: [...parts.values()].map(({ pid }) => pid),
    async stop(part, signal) {
      const peer = parts.get(part)!;
      if (signal === "SIGKILL") process.kill(-peer.pid, signal);
      await peer[Symbol.asyncDispose]();
    },
    restart: (part) => start(part, opened),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

async function page(port: number): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/`);
  return answer.text();
}
