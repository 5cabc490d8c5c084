// Records what clients and the daemon of real Nix say to each other, Nix 2.8 and 2.34: `node test/interop/worker/recording/record.ts`. The recordings
// are read by bridge/test/nix/worker/recordings.test.ts.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { CAUSEWAY } from "../../nix/create-causeway-builder.ts";
import { runProgram } from "../../nix/run-program.ts";
import { debianRoot } from "../../peers/debian-root.ts";
import { startRecordingProxy } from "./recording-proxy.ts";

const CHECKOUT = join(import.meta.dirname, "../../../..");
const FIXTURES = join(CHECKOUT, "bridge/test/nix/worker/fixtures/recordings");
/** Always the same, for it is in what is recorded. */
const HOME = "/tmp/causeway-recording";
const STORE = `unix://${HOME}/proxy.sock?root=${HOME}/nix`;
const SSH = `ssh-ng://localhost?remote-program=${encodeURIComponent(`${CAUSEWAY} stdio --socket ${HOME}/proxy.sock`)}`;

const CONFIG = [
  "experimental-features = nix-command ca-derivations",
  ...["substituters =", `sandbox-paths = /bin/sh=${HOME}/busybox`, "build-users-group =", "cores = 2", "max-jobs = 1"],
];

type Run = (...argv: readonly string[]) => Promise<string>;

/** The commands, each with the name of its recording; what is not recorded prepares it. */
async function commands(run: Run, record: (name: string, ...argv: readonly string[]) => Promise<string>): Promise<void> {
  const values = ["values.nix", "-A"];
  const at = ["--store", STORE];
  await record("ping", "nix", "store", "ping", ...at);
  const drv = await record("instantiate", "nix-instantiate", ...values, "two", ...at);
  const two = await record("nix-build", "nix-build", "--no-out-link", ...values, "two", ...at);
  await record("nix-build-valid", "nix-build", "--no-out-link", ...values, "two", ...at);
  await record("nix-build-link", "nix-build", "-o", "result", ...values, "text", ...at);
  await record("nix-build-check", "nix-build", "--no-out-link", ...values, "two", "--check", ...at);
  await record("nix-build-repair", "nix-build", "--no-out-link", ...values, "two", "--repair", ...at);
  await record("nix-build-fails", "nix-build", "--no-out-link", ...values, "fails", ...at);
  const word = ["--argstr", "word", "other"];
  const evaluated = ["--eval-store", `${HOME}/evaluation`, ...at, "--no-link", "-f", "values.nix"];
  await record("build-eval-store", "nix", "build", ...evaluated, "two", ...word);
  await record("build-addressed", "nix", "build", ...evaluated, "addressed");
  await record("realise", "nix-store", "--realise", drv, ...at);
  for (const query of ["--references", "--referrers", "--deriver", "--outputs", "--hash", "--size", "--requisites"])
    await record(`query${query}`, "nix-store", "--query", query, query === "--outputs" ? drv : two, ...at);
  await record("path-info", "nix", "path-info", "--json", "-r", two, ...at);
  await record("path-info-all", "nix", "path-info", "--all", ...at);
  await record("check-validity", "nix-store", "--check-validity", two, ...at);
  await record("add", "nix-store", "--add", "file", ...at);
  await record("add-path", "nix", "store", "add-path", "directory", ...at);
  await record("add-fixed", "nix-store", "--add-fixed", "sha512", "file", ...at);
  const local = ["--store", `${HOME}/local`];
  const copied = await run("nix-build", "--no-out-link", ...values, "two", "--argstr", "word", "copied", ...local);
  await record("copy-to", "nix", "copy", "--no-check-sigs", "--from", `${HOME}/local`, "--to", STORE, copied);
  const unsigned = await run("nix-build", "--no-out-link", ...values, "text", "--argstr", "word", "unsigned", ...local);
  await record("copy-unsigned", "nix", "copy", "--from", `${HOME}/local`, "--to", STORE, unsigned);
  await record("copy-log", "nix", "store", "copy-log", "--from", `${HOME}/local`, "--to", STORE, copied);
  await record("copy-from", "nix", "copy", "--no-check-sigs", "--from", SSH, "--to", `${HOME}/back`, two);
  await record("cat", "nix", "store", "cat", two, "--store", SSH);
  await writeFile(join(HOME, "key"), await run("nix", "key", "generate-secret", "--key-name", "test-1"));
  await record("sign", "nix", "store", "sign", "--key-file", "key", two, ...at);
  const machine = `${STORE} x86_64-linux - 1 1`;
  const remote = ["--store", `${HOME}/own`, "--max-jobs", "0", "--builders", machine, "--argstr", "word", "remote"];
  await record("remote-builder", "nix-build", "--no-out-link", ...values, "two", ...remote);
  await record("print-roots", "nix-store", "--gc", "--print-roots", ...at);
  await record("print-dead", "nix-store", "--gc", "--print-dead", ...at);
  await record("delete-alive", "nix-store", "--delete", await run("nix-build", "-o", "alive", ...values, "text", ...at), ...at);
  await record("delete", "nix-store", "--delete", two, ...at);
  await record("optimise", "nix-store", "--optimise", ...at);
  await record("verify", "nix-store", "--verify", "--check-contents", ...at);
  await record("gc", "nix-store", "--gc", ...at);
} // prettier-ignore

async function recordAll(version: string, inside: (argv: readonly string[]) => string[]): Promise<void> {
  await rm(HOME, { recursive: true, force: true });
  await mkdir(join(HOME, "directory"), { recursive: true });
  await copyFile(join(import.meta.dirname, "values.nix"), join(HOME, "values.nix"));
  await copyFile("/bin/busybox", join(HOME, "busybox"));
  await chmod(join(HOME, "busybox"), 0o755);
  await writeFile(join(HOME, "file"), "contents of a file\n");
  await writeFile(join(HOME, "directory/one"), "1");
  const env: NodeJS.ProcessEnv = {
    ...{ PATH: process.env["PATH"], HOME, NIX_CONF_DIR: HOME, NIX_USER_CONF_FILES: "", LC_ALL: "C" },
    ...{ NIX_CONFIG: CONFIG.join("\n"), NIX_DAEMON_SOCKET_PATH: `${HOME}/stock.sock` },
  };
  const run = async (argv: readonly string[], more: NodeJS.ProcessEnv = {}) =>
    await runProgram(inside(argv), { env: { ...env, ...more }, cwd: HOME });
  const [program, ...words] = inside(["nix-daemon"]);
  const daemon = spawn(program!, words, { env: { ...env, NIX_REMOTE: `${HOME}/nix` }, cwd: HOME, stdio: "ignore" });
  const ended = once(daemon, "exit");
  while (!existsSync(`${HOME}/stock.sock`) && daemon.exitCode === null) await sleep(20);
  await using proxy = await startRecordingProxy(`${HOME}/proxy.sock`, `${HOME}/stock.sock`);
  const recordings: object[] = [];
  await commands(
    async (...argv) => (await run(argv)).stdout.trim(),
    async (name, ...argv) => {
      await proxy.take();
      const { exit, stdout, stderr } = await run(argv);
      const connections = await proxy.take();
      const hidden = (text: string): string => text.replaceAll(encodeURIComponent(CAUSEWAY), "causeway");
      recordings.push({
        name,
        command: argv.map(hidden).join(" "),
        exit,
        connections: connections.map(({ up, down }) => ({ up: up.toString("base64"), down: down.toString("base64") })),
      });
      if (connections.length === 0 || exit !== 0) console.error(`${version} ${name}: exit ${exit}`, stderr.slice(0, 300));
      return stdout.trim();
    },
  );
  daemon.kill("SIGTERM");
  await ended;
  await rm(HOME, { recursive: true, force: true });
  await mkdir(FIXTURES, { recursive: true });
  await writeFile(join(FIXTURES, `${version}.json.gz`), gzipSync(JSON.stringify(recordings), { level: 9 }));
} // prettier-ignore

await recordAll("nix-2.8", (argv) => [...argv]);
const root = await debianRoot("sid", ["nix-bin"]);
await recordAll("nix-2.34", (argv) => root.command(["env", "NIX_STATE_DIR=", ...argv], [CHECKOUT, HOME], HOME));
