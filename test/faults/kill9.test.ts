import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CAUSEWAY } from "../interop/nix/create-causeway-builder.ts";
import { createHome, prepareMachine } from "../interop/nix/machine.ts";
import { output, runProgram, type Ended } from "../interop/nix/run-program.ts";
import { nixEnvironment } from "../interop/nix/settings.ts";
import { interrupt, type Interrupted } from "./interrupted-program.ts";
import { seededRandom } from "./seeded-random.ts";
import { tracesAfter } from "./traces.ts";

// Kills the program at random moments and looks at what is left. ROUNDS=200 SEED=7 for more and other moments.

const rounds = Number(process.env["ROUNDS"] ?? 12);
const seed = Number(process.env["SEED"] ?? 1);
/** A build, a check of everything and another build, on a machine with other things to do. */
const ROUND_TIMEOUT_MS = 120_000;
/** For the kernel to end what was killed. */
const SETTLE_MS = 5_000;
/** After so many rounds a new state is begun: every round checks all contents, and these become gigabytes. */
const ROUNDS_PER_STATE = 20;
/** Directories of the state in which running commands work; empty when none runs. */
const WORK_DIRECTORIES = ["work", "tmp"];

await prepareMachine();
const random = seededRandom(seed);
const plan = Array.from({ length: rounds }, (_, round) => ({
  round,
  command: random() < 0.7 ? ("build" as const) : ("import" as const),
  // Beyond its usual length too, so that some come to their end and some are caught at the very end.
  moment: Number((random() * 1.1).toFixed(3)),
  wholeGroup: random() < 0.5,
}));
const home = await createHome("kill9");
let state = join(home, "state");
const evaluationRoot = join(home, "evaluation");
const env: NodeJS.ProcessEnv = { ...nixEnvironment(home), NIX_REMOTE: evaluationRoot, CAUSEWAY_STATE: state };
let killed = 0;
const acknowledged = new Set<string>();
const usualMs = { build: 0, import: 0 };

beforeAll(async () => {
  // How long they take undisturbed.
  const built = await build(await instantiate("undisturbed"));
  usualMs.build = built.wallMs;
  for (const path of lines(built)) acknowledged.add(path);
  const started = await importArchive(await archive("undisturbed"), ROUND_TIMEOUT_MS, false);
  expect(started.killed, started.stderr).toBe(false);
  usualMs.import = started.wallMs;
}, ROUND_TIMEOUT_MS);

afterAll(() => rm(home, { recursive: true, force: true }), ROUND_TIMEOUT_MS);

describe(`after kill -9 (SEED=${seed})`, () => {
  it.each(plan)(
    "$round: of $command at $moment of its usual time, nothing acknowledged is lost and nothing is left over",
    async ({ round, command, moment, wholeGroup }) => {
      if (round > 0 && round % ROUNDS_PER_STATE === 0) await beginState(`state-${round}`);
      const killAfterMs = moment * usualMs[command];
      let derivations: string[] | undefined;
      let interrupted: Interrupted;
      if (command === "build") {
        derivations = await instantiate(`${round}`);
        const argv = [CAUSEWAY, "build", ...derivations];
        interrupted = await interrupt({ argv, env, killAfterMs, wholeGroup });
      } else interrupted = await importArchive(await archive(`${round}`), killAfterMs, wholeGroup);
      if (interrupted.killed) killed++;
      else expect(interrupted.acknowledged, interrupted.stderr).not.toEqual([]);
      for (const path of interrupted.acknowledged) acknowledged.add(path);

      await expectWhole();
      if (derivations !== undefined) for (const path of lines(await build(derivations))) acknowledged.add(path);
    },
    ROUND_TIMEOUT_MS,
  );

  it("enough of them were killed before their end for this to mean something", () => {
    // How long a round takes undisturbed was measured once, and a busy machine is not even.
    expect(killed).toBeGreaterThanOrEqual(rounds / 4);
  });
});

async function beginState(name: string): Promise<void> {
  await rm(state, { recursive: true });
  state = env["CAUSEWAY_STATE"] = join(home, name);
  acknowledged.clear();
  for (const path of lines(await build(await instantiate("undisturbed")))) acknowledged.add(path);
}

/** The next commands open the state, find everything whole, and leave nothing of the killed one. */
async function expectWhole(): Promise<void> {
  const infos = await causeway("path-info", "--json", ...acknowledged);
  expect(infos.exit, infos.stderr).toBe(0);
  const known = (JSON.parse(infos.stdout) as { readonly path: string }[]).map(({ path }) => path);
  expect(new Set(known)).toEqual(acknowledged);
  const verified = await causeway("store", "verify", "--contents");
  expect(verified.exit, verified.stdout + verified.stderr).toBe(0);
  expect(await tracesAfter(home, SETTLE_MS)).toEqual({ processes: [], mounts: [] });
  for (const name of WORK_DIRECTORIES) expect(await entriesOf(join(state, name)), name).toEqual([]);
}

async function build(derivations: readonly string[]): Promise<Ended> {
  const ended = await causeway("build", ...derivations);
  expect(ended.exit, ended.stderr).toBe(0);
  return ended;
}

function causeway(...words: readonly string[]): Promise<Ended> {
  return runProgram([CAUSEWAY, ...words], { env });
}

function lines(ended: Ended): string[] {
  return ended.stdout.split("\n").filter((line) => line !== "");
}

async function instantiate(salt: string): Promise<string[]> {
  const argv = ["nix-instantiate", join(import.meta.dirname, "workload.nix"), "--argstr", "salt", salt];
  return (await output(argv, { env })).trim().split("\n");
}

/** An archive of many files, some of them equal, and a large one. @returns its file. */
async function archive(salt: string): Promise<string> {
  const source = join(home, `source-${salt}`);
  const script =
    'mkdir "$0" && for i in $(seq 300); do echo "$1 $i" > "$0/f$i"; echo "$i" > "$0/equal$i"; done && head -c 30000000 /dev/urandom > "$0/large"';
  await output(["sh", "-c", script, source, salt]);
  const file = join(home, `archive-${salt}`);
  await output(["sh", "-c", 'nix-store --dump "$0" > "$1"', source, file], { env });
  await rm(source, { recursive: true });
  return file;
}

async function importArchive(file: string, killAfterMs: number, wholeGroup: boolean): Promise<Interrupted> {
  const argv = [CAUSEWAY, "store", "import"];
  const interrupted = await interrupt({ argv, env, input: file, killAfterMs, wholeGroup });
  await rm(file);
  return interrupted;
}

async function entriesOf(directory: string): Promise<string[]> {
  return readdir(directory).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  });
}
