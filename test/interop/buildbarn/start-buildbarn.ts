import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePorts, startPeer } from "../peers/start-peer.ts";

const CONFIGURATION = fileURLToPath(new URL("buildbarn.jsonnet", import.meta.url));
const PROGRAMS = ["bb_scheduler", "bb_worker", "bb_runner"];

/** Where Buildbarn's programs are: nothing brings them by itself. `undefined` if `$BUILDBARN_BIN` is not set. */
export function buildbarnFolder(programs: readonly string[] = PROGRAMS): string | undefined {
  const folder = process.env["BUILDBARN_BIN"];
  if (folder === undefined) return undefined;
  const missing = programs.filter((program) => !existsSync(join(folder, program)));
  if (missing.length > 0) throw new Error(`$BUILDBARN_BIN (${folder}) has no ${missing.join(", ")}`);
  return folder;
}

/** Buildbarn's part of a cluster: it executes, and stores nothing. */
export interface Buildbarn extends AsyncDisposable {
  readonly execution: string;
}

/** @param storage - Address of a CAS and action cache. @param directory - Empty, for its state. */
export async function startBuildbarn(folder: string, storage: string, directory: string): Promise<Buildbarn> {
  await using starting = new AsyncDisposableStack();
  await mkdir(join(directory, "build"));
  await mkdir(join(directory, "cache"), { mode: 0o700 });
  const [admin = 0, client = 0, worker = 0, state = 0] = await freePorts(4);
  const start = async (program: string, port: number | undefined): Promise<void> => {
    starting.use(
      await startPeer({
        command: [join(folder, `bb_${program}`), CONFIGURATION],
        port: port ?? client,
        logFile: join(directory, `${program}.log`),
        env: {
          ...process.env,
          PART: program,
          DIRECTORY: directory,
          STORAGE: new URL(storage).host,
          ADMIN_PORT: String(admin),
          CLIENT_PORT: String(client),
          WORKER_PORT: String(worker),
          STATE_PORT: String(state),
        },
      }),
    );
  };
  await start("scheduler", client);
  await start("runner", undefined);
  await start("worker", undefined);
  // The scheduler's page lists the platform once its worker is there.
  const end = Date.now() + 30_000;
  while (!(await page(admin)).includes("OSFamily")) {
    if (Date.now() > end) throw new Error("Buildbarn's worker did not come");
    await sleep(50);
  }
  const opened = starting.move();
  return { execution: `grpc://127.0.0.1:${client}`, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

async function page(port: number): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/`);
  return answer.text();
}
