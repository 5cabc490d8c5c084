// What a build costs beside the builder itself: `node test/bench/chain.ts [REPETITIONS]` prints JSON.
// Chains and fans of trivial derivations, built by Nix and by Causeway in turn, so that both meet the same state of the machine.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Builder } from "../interop/nix/builder.ts";
import { createCausewayBuilder } from "../interop/nix/create-causeway-builder.ts";
import { createNixBuilder } from "../interop/nix/create-nix-builder.ts";
import { createHome, prepareMachine } from "../interop/nix/machine.ts";
import { output } from "../interop/nix/run-program.ts";
import { nixEnvironment } from "../interop/nix/settings.ts";
import { median, peakArguments, peakOf, type Measurement } from "./measure.ts";

const COUNT = 50;
const SHAPES = ["chain", "fan"] as const;

const repetitions = Number(process.argv[2] ?? 7);
await prepareMachine();
const home = await createHome("bench");
const roots = { nix: join(home, "nix"), nixAsRoot: join(home, "nix-as-root"), evaluation: join(home, "evaluation") };
const builders = [
  await createNixBuilder(roots.nix, home),
  await createNixBuilder(roots.nixAsRoot, home, false),
  createCausewayBuilder(join(home, "state"), home, roots.evaluation),
];
const samples = new Map<string, Measurement[]>();

try {
  for (let repetition = 0; repetition < repetitions; repetition++)
    for (const shape of SHAPES) {
      const derivation = await instantiate(shape, `${process.pid}-${repetition}`);
      // Whoever comes second may find warmer caches: take turns.
      const turns = repetition % 2 === 0 ? builders : [...builders].reverse();
      for (const builder of turns) record(`${builder.name} ${shape}`, await sample(builder, [derivation]));
      // The same again: everything is valid.
      for (const builder of turns) record(`${builder.name} ${shape} valid`, await sample(builder, [derivation]));
      if (shape !== "fan") continue;
      // Each of them given, all of them valid: nothing is to be done.
      const given = await inputsOf(derivation);
      for (const builder of turns) record(`${builder.name} ${COUNT} given valid`, await sample(builder, given));
    }
  console.log(JSON.stringify(report(), undefined, 2));
} finally {
  await rm(home, { recursive: true, force: true });
}

async function instantiate(shape: string, salt: string): Promise<string> {
  const file = join(import.meta.dirname, "chain.nix");
  let path = "";
  for (const root of Object.values(roots)) {
    const argv = ["nix-instantiate", file, "-A", shape, "--argstr", "salt", salt, "--arg", "count", `${COUNT}`];
    path = (await output(argv, { env: { ...nixEnvironment(home), NIX_REMOTE: root } })).trim();
  }
  return path;
}

/** The derivations that a derivation needs. */
async function inputsOf(derivation: string): Promise<string[]> {
  const env = { ...nixEnvironment(home), NIX_REMOTE: roots.evaluation };
  const references = await output(["nix-store", "--query", "--references", derivation], { env });
  return references.split("\n").filter((path) => path.endsWith(".drv"));
}

async function sample(builder: Builder, derivations: readonly string[]): Promise<Measurement> {
  const ended = await builder.build({ derivations, through: peakArguments(home) });
  if (ended.exit !== 0) throw new Error(`${builder.name}: ${ended.exit}\n${ended.stderr}`);
  return { wallMs: ended.wallMs, peakKiB: await peakOf(home) };
}

function record(name: string, taken: Measurement): void {
  samples.set(name, [...(samples.get(name) ?? []), taken]);
}

function report(): object {
  const all = [...samples].map(([name, taken]): [string, number[]] => [
    name,
    taken.map((one) => Math.round(one.wallMs)),
  ]);
  return {
    derivations: COUNT,
    repetitions,
    ...byName(SHAPES.map((shape) => [shape, compare(shape)])),
    wallMs: byName(all),
  };
}

function compare(shape: (typeof SHAPES)[number]): object {
  const wall = (name: string): number => median(samples.get(name)!.map((taken) => taken.wallMs));
  const peak = (name: string): number => median(samples.get(name)!.map((taken) => taken.peakKiB ?? NaN));
  const rows = builders.map(({ name }): [string, object] => {
    const [coldMs, validMs] = [wall(`${name} ${shape}`), wall(`${name} ${shape} valid`)];
    // The collector of a fan is one more; what both runs do besides building is the start.
    const perDerivationMs = (coldMs - validMs) / (shape === "fan" ? COUNT + 1 : COUNT);
    return [
      name,
      {
        coldMs: Math.round(coldMs),
        validMs: Math.round(validMs),
        perDerivationMs: Number(perDerivationMs.toFixed(1)),
        peakMiB: Number((peak(`${name} ${shape}`) / 1024).toFixed(1)),
      },
    ];
  });
  const [nix, nixAsRoot, causeway] = builders.map(({ name }) => wall(`${name} ${shape}`));
  const ratio = (other: number): number => Number((causeway! / other).toFixed(2));
  return { ...byName(rows), coldRatio: ratio(nix!), coldRatioWithoutBuildUsers: ratio(nixAsRoot!) };
}

function byName<V>(entries: readonly (readonly [string, V])[]): Record<string, V> {
  return Object.fromEntries(entries);
}
