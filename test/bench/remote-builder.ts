// What it costs to be a remote builder and a daemon for Nix: `node test/bench/remote-builder.ts [REPETITIONS]` prints JSON.
// Stock Nix and Causeway take turns, so that both meet the same state of the machine.
import { join } from "node:path";
import { outputOf } from "../interop/nix/run-program.ts";
import { startDaemon, startNixDaemon } from "../interop/worker/start-daemon.ts";
import { openWorkerSession } from "../interop/worker/worker-session.ts";
import { median } from "./measure.ts";
import { readyMs } from "./worker-ready.ts";

const COUNT = 50;
const DERIVATIONS = 2_000;
const FILE = join(import.meta.dirname, "chain.nix");

const repetitions = Number(process.argv[2] ?? 5);
const samples = new Map<string, number[]>();
await using session = await openWorkerSession();

for (let repetition = 0; repetition < repetitions; repetition++) {
  await measureReady(repetition);
  await measureBuilders(repetition);
  await measureInstantiate(repetition);
}
console.log(JSON.stringify(report(), undefined, 2));

/** From the start of the program to the end of the greeting. */
async function measureReady(repetition: number): Promise<void> {
  const [program = "", ...words] = programOf(session.url);
  if (repetition > 0) await session.stopDaemon();
  record("ready causeway, no server", await readyMs([program, ...words], session.clientEnv));
  for (let time = 0; time < 3; time++)
    record("ready causeway, server runs", await readyMs([program, ...words], session.clientEnv));
  for (let time = 0; time < 3; time++)
    record("ready nix", await readyMs(["nix-daemon", "--stdio", "--store", session.nixRoot], session.clientEnv));
}

async function measureBuilders(repetition: number): Promise<void> {
  const builders: [string, string][] = [
    ["nix", session.stockUrl],
    ["causeway", session.url],
  ];
  for (const [shape, slots] of [
    ["chain", 1],
    ["fan", 8],
  ] as const)
    for (const [name, url] of inTurn(builders, repetition))
      record(
        `${name} ${shape}`,
        await build(`${name}-${shape}-${repetition}`, shape, `${url} x86_64-linux - ${slots} 1`),
      );
}

/** Into a store of its own, which begins empty: nothing but the builder builds. */
async function build(salt: string, shape: string, machine: string): Promise<number> {
  const own = join(session.home, "own");
  const words = ["--no-out-link", FILE, "-A", shape, "--argstr", "salt", salt, "--arg", "count", `${COUNT}`];
  const argv = ["nix-build", ...words, "--store", own, "--builders", machine, "--max-jobs", "0"] as const;
  const ended = await session.client(...argv);
  outputOf(argv, ended);
  return ended.wallMs;
}

async function measureInstantiate(repetition: number): Promise<void> {
  await session.stopDaemon();
  await using ours = await startDaemon(session);
  await using theirs = await startNixDaemon(session);
  const daemons: [string, string][] = [
    ["nix", theirs.url],
    ["causeway", ours.url],
  ];
  for (const [name, url] of inTurn(daemons, repetition))
    for (const what of ["new", "existing"]) {
      const words = ["-A", "fan", "--argstr", "salt", `instantiate-${repetition}`, "--arg", "count", `${DERIVATIONS}`];
      const argv = ["nix-instantiate", FILE, ...words, "--store", url] as const;
      const ended = await session.client(...argv);
      outputOf(argv, ended);
      record(`${name} instantiate ${what}`, ended.wallMs);
    }
}

/** Whoever comes second may find warmer caches. */
function inTurn<T>(items: readonly T[], repetition: number): readonly T[] {
  return repetition % 2 === 0 ? items : [...items].reverse();
}

/** What Nix starts for the address of a store. */
function programOf(url: string): string[] {
  return [...new URL(url).searchParams.get("remote-program")!.split(" "), "--stdio"];
}

function record(name: string, wallMs: number): void {
  samples.set(name, [...(samples.get(name) ?? []), wallMs]);
}

function report(): object {
  const middle = (name: string): number => median(samples.get(name)!);
  const rate = (name: string): number => Math.round((DERIVATIONS + 1) / (middle(name) / 1000));
  const sides = ["nix", "causeway"].map((name): [string, object] => [
    name,
    {
      chainPerDerivationMs: Number((middle(`${name} chain`) / COUNT).toFixed(1)),
      fanMs: Math.round(middle(`${name} fan`)),
      instantiateNewPerSecond: rate(`${name} instantiate new`),
      instantiateExistingPerSecond: rate(`${name} instantiate existing`),
    },
  ]);
  return {
    repetitions,
    ...Object.fromEntries(sides),
    readyMs: Object.fromEntries(
      [...samples.keys()].filter((name) => name.startsWith("ready")).map((name) => [name, Math.round(middle(name))]),
    ),
    wallMs: Object.fromEntries([...samples].map(([name, all]) => [name, all.map(Math.round)])),
  };
}
