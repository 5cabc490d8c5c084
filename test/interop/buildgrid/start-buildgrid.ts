import { chmod, chown, mkdir, readFile, writeFile } from "node:fs/promises";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { output, runProgram } from "../nix/run-program.ts";
import { cached } from "../peers/cached.ts";
import type { DebianRoot } from "../peers/debian-root.ts";
import { freePorts, startPeer, temporaryDirectory } from "../peers/start-peer.ts";
import { requireProgram } from "../require-program.ts";

const POSTGRES_HOME = "/usr/lib/postgresql";
const REQUIREMENTS = join(import.meta.dirname, "requirements.txt");
const SERVER = join(import.meta.dirname, "..", "..", "..", "examples", "clusters", "buildgrid.yml");
/** The program that the package brings would name the interpreter of the directory that it was installed into. */
export const BGD = "from buildgrid.server.app import cli; cli()";
const READY_MS = 120_000;

/** A BuildGrid that runs, with BuildBox workers. */
export interface BuildGrid extends AsyncDisposable {
  readonly url: string;
}

/**
 * Starts PostgreSQL, BuildGrid, `buildbox-casd` and one `buildbox-worker` that runs two actions at once.
 *
 * @param root - With BuildBox.
 * @param directory - Empty, below the machine's temporary directory: for its state.
 * @param runner - What actions run in: a sandbox with the input root as `/`, or nothing at all.
 */
export async function startBuildGrid(
  root: DebianRoot,
  directory: string,
  runner: "bubblewrap" | "hosttools" = "bubblewrap",
): Promise<BuildGrid> {
  await using starting = new AsyncDisposableStack();
  await chmod(directory, 0o755);
  for (const part of ["cas", "casd"]) await mkdir(join(directory, part));
  const [port = 0, casd = 0, database = 0] = await freePorts(3);
  starting.use(await startPostgres(database));
  const packages = await pythonPackages();
  const address = databaseUrl(database);
  const env = { ...process.env, PYTHONPATH: packages };
  const bgd = (...words: readonly string[]): string[] => ["python3", "-c", BGD, ...words];
  await output(bgd("migrate", "apply", address), { env, timeoutMs: READY_MS });
  const config = join(directory, "server.yml");
  const text = (await readFile(SERVER, "utf8"))
    .replace("PORT", String(port))
    .replace("DATABASE", address)
    .replace("DIRECTORY", directory);
  await writeFile(config, text);
  const at = (name: string): { logFile: string; env: NodeJS.ProcessEnv; readyWithinMs: number } => ({
    ...{ logFile: join(directory, `${name}.log`), env, readyWithinMs: READY_MS },
  });
  starting.use(await startPeer({ ...at("server"), command: bgd("server", "start", config), port }));
  // Both in one mount namespace: the worker's runner finds what casd has mounted.
  const worker = [
    `buildbox-casd --cas-remote=http://127.0.0.1:${port} --bind=127.0.0.1:${casd} --quota-high=5G --log-level=warning ${directory}/casd &`,
    `until (exec 3<>/dev/tcp/127.0.0.1/${casd}) 2>/dev/null; do sleep 0.1; done`,
    `exec buildbox-worker --bots-remote=http://127.0.0.1:${port} --cas-remote=http://127.0.0.1:${casd} --concurrent-jobs=2 ` +
      `--buildbox-run=/usr/bin/buildbox-run-${runner} --runner-arg=--staging-mode=copy-or-link ` +
      "--platform OSFamily=linux --platform ISA=x86-64 --log-level=warning worker-1",
  ].join("\n");
  const command = root.command(["bash", "-c", worker], [tmpdir()], "/");
  starting.use(await startPeer({ ...at("worker"), command, port: casd }));
  const opened = starting.move();
  return { url: `grpc://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** BuildGrid and all it needs, each in one version, for `PYTHONPATH`. */
export async function pythonPackages(): Promise<string> {
  requireProgram(["python3", "-m", "pip", "--version"], "python3-pip");
  const recipe = await readFile(REQUIREMENTS, "utf8");
  const words = ["-m", "pip", "install", "--quiet", "--no-deps", "--requirement", REQUIREMENTS, "--target"];
  return cached("buildgrid", [recipe], async (directory) => {
    await output(["python3", ...words, directory], { timeoutMs: 600_000 });
  });
}

/** Where a database that {@link startPostgres} has started is. */
export function databaseUrl(port: number): string {
  return `postgresql+psycopg2://bgd@127.0.0.1:${port}/bgd`;
}

/** A database that forgets what was not written when the machine stops, with a role and a database named `bgd`. It refuses to run as root. */
export async function startPostgres(port: number): Promise<AsyncDisposable> {
  await using starting = new AsyncDisposableStack();
  // Of its own: its user can go into no directory of ours.
  const directory = starting.use(await temporaryDirectory()).path;
  requireProgram(["sh", "-c", `ls ${POSTGRES_HOME}/*/bin/postgres`], "postgresql");
  const version = readdirSync(POSTGRES_HOME)
    .filter((name) => existsSync(join(POSTGRES_HOME, name, "bin/postgres")))
    .sort((a, b) => Number(b) - Number(a))[0];
  const program = (name: string): string => join(POSTGRES_HOME, version!, "bin", name);
  const isRoot = process.getuid?.() === 0;
  const asUser = isRoot ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] : [];
  if (isRoot) {
    const [uid = 0, gid = 0] = (await output(["id", "-u", "postgres"]))
      .concat(await output(["id", "-g", "postgres"]))
      .trim()
      .split("\n")
      .map(Number);
    await chown(directory, uid, gid);
  }
  const data = join(directory, "data");
  const env = { ...process.env, LC_ALL: "C" };
  await output(
    [...asUser, program("initdb"), "--auth=trust", "--username=postgres", "--encoding=UTF8", "--pgdata", data],
    { env, cwd: "/" },
  );
  const settings = { listen_addresses: "127.0.0.1", unix_socket_directories: "", fsync: "off", max_connections: "100" };
  const words = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const command = [...asUser, program("postgres"), "-D", data, "-p", String(port), ...words];
  starting.use(await startPeer({ command, port, logFile: join(directory, "log"), env }));
  const sql = ["create role bgd login", "create database bgd owner bgd"].flatMap((line) => ["--command", line]);
  const client = [program("psql"), "--quiet", "--host=127.0.0.1", `--port=${port}`, "--username=postgres", ...sql];
  // It listens a moment before it answers.
  for (let attempt = 1; ; attempt++) {
    const ended = await runProgram(client, { env });
    if (ended.exit === 0) return starting.move();
    if (attempt < 50 && ended.stderr.includes("starting up")) await sleep(100);
    else throw new Error(`preparing the database: ${ended.stderr}`);
  }
}
