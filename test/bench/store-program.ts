// What `causeway store add` and `store export` cost beside `nix-store --add` and `--dump`, as whole programs: start, lock and disk included.
//   node test/bench/store-program.ts [REPETITIONS] prints JSON. The files are in the page cache; the stores are new each time.
import { mkdir, rm, writeFile, open } from "node:fs/promises";
import { join } from "node:path";
import { CAUSEWAY } from "../interop/nix/create-causeway-builder.ts";
import { createHome, prepareMachine } from "../interop/nix/machine.ts";
import { nixEnvironment } from "../interop/nix/settings.ts";
import { measure, summary, type Measurement } from "./measure.ts";

const LARGE_BYTES = 2 ** 30;
const FILES = 20_000;
const FILES_PER_DIRECTORY = 200;

const repetitions = Number(process.argv[2] ?? 3);
await prepareMachine();
const home = await createHome("bench-store");
const taken = new Map<string, Measurement[]>();

try {
  const inputs = { large: await makeLarge(join(home, "large")), small: await makeSmall(join(home, "small")) };
  for (let repetition = 0; repetition < repetitions; repetition++)
    for (const [name, path] of Object.entries(inputs)) {
      // Whoever comes second may find the disk busy with what the first wrote: take turns.
      const turns = repetition % 2 === 0 ? [causeway, nix] : [nix, causeway];
      for (const turn of turns) await turn(name, path);
    }
  console.log(
    JSON.stringify(Object.fromEntries([...taken].map(([name, runs]) => [name, summary(runs)])), undefined, 2),
  );
} finally {
  await rm(home, { recursive: true, force: true });
}

async function causeway(name: string, path: string): Promise<void> {
  const state = join(home, "state");
  const env = nixEnvironment(home);
  const added = await record(`causeway store add ${name}`, [CAUSEWAY, "store", "add", "--state", state, path], env);
  await record(
    `causeway store export ${name}`,
    ["sh", "-c", 'exec "$@" > /dev/null', "sh", CAUSEWAY, "store", "export", "--state", state, added.trim()],
    env,
  );
  await rm(state, { recursive: true, force: true });
}

async function nix(name: string, path: string): Promise<void> {
  const root = join(home, "nix");
  const env = { ...nixEnvironment(home), NIX_REMOTE: root };
  await record(`nix-store --add ${name}`, ["nix-store", "--add", path], env);
  await record(
    `nix-store --dump ${name}`,
    ["sh", "-c", 'exec "$@" > /dev/null', "sh", "nix-store", "--dump", path],
    env,
  );
  // Nix makes what it adds read-only, which is nothing to root.
  await rm(root, { recursive: true, force: true });
}

async function record(name: string, argv: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const { stdout, ...measurement } = await measure(argv, env, home);
  taken.set(name, [...(taken.get(name) ?? []), measurement]);
  return stdout;
}

async function makeLarge(path: string): Promise<string> {
  await using file = await open(path, "w");
  const piece = Buffer.alloc(2 ** 20);
  for (let i = 0; i < LARGE_BYTES / piece.byteLength; i++) {
    piece.fill(`${i * 7919} `);
    await file.write(piece);
  }
  return path;
}

async function makeSmall(path: string): Promise<string> {
  for (let i = 0; i < FILES; i++) {
    const directory = join(path, `${Math.floor(i / FILES_PER_DIRECTORY)}`);
    if (i % FILES_PER_DIRECTORY === 0) await mkdir(directory, { recursive: true });
    await writeFile(join(directory, `file-${i}`), `${i} `.repeat(300));
  }
  return path;
}
