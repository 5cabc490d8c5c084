import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buildbarnFolder, startBuildbarn } from "../interop/buildbarn/start-buildbarn.ts";
import { fetchPackages } from "../interop/cli/fetch-packages.ts";
import { createCausewayBuilder } from "../interop/nix/create-causeway-builder.ts";
import { createHome, prepareMachine } from "../interop/nix/machine.ts";
import { output } from "../interop/nix/run-program.ts";
import { nixEnvironment } from "../interop/nix/settings.ts";
import { goPrograms, loadClient } from "../interop/peers/go-program.ts";
import { createRemoteTool } from "../interop/remotetool/remotetool.ts";
import { createServerHome } from "../serve/start-server.ts";
import { median, peakArguments, peakOf } from "./measure.ts";

// What building on a cluster costs beside the cluster: `node test/bench/cluster.ts [REPETITIONS]` prints JSON. Causeway's own server as the
// cluster, and Buildbarn with a plain runner if $BUILDBARN_BIN names the folder of its programs. Each repetition begins with what the cluster needs
// for an equal number of empty actions that a client in Go asks for.

const CHAIN = 50;
const FAN = 200;
/** Of both clusters' workers. */
const WORKERS = 2;

interface Cluster extends AsyncDisposable {
  readonly name: string;
  readonly url: string;
  readonly profile: string;
  /** What the client asks for. */
  readonly action: readonly string[];
}

const repetitions = Number(process.argv[2] ?? 3);
await prepareMachine();
const home = await createHome("bench");
const evaluation = join(home, "evaluation");
const env = { ...nixEnvironment(home), NIX_REMOTE: evaluation };
const client = await loadClient();
const figures: Record<string, Record<string, number[]>> = {};
let salts = 0;

try {
  for (const start of [startOurs, startTheirs]) {
    await using cluster = await start();
    if (cluster === undefined) continue;
    for (let repetition = 0; repetition < repetitions; repetition++) await measureOn(cluster, repetition);
  }
  console.log(JSON.stringify({ repetitions, clusters: summaries() }, undefined, 2));
} finally {
  await rm(home, { recursive: true, force: true });
}

async function startOurs(): Promise<Cluster> {
  const server = await createServerHome();
  const { grpc } = await server.start({ config: `execution: { concurrency: ${WORKERS} }\n` }).ready();
  const dispose = (): PromiseLike<void> => server[Symbol.asyncDispose]();
  return {
    name: "causeway serve",
    url: grpc,
    profile: "causeway",
    action: ["/bin/true"],
    [Symbol.asyncDispose]: dispose,
  };
}

async function startTheirs(): Promise<Cluster | undefined> {
  const folder = buildbarnFolder();
  if (folder === undefined) {
    process.stderr.write("Buildbarn is not measured: $BUILDBARN_BIN is not set to the folder of its programs\n");
    return undefined;
  }
  const directory = join(home, "barn");
  await mkdir(directory);
  const barn = await startBuildbarn({ folder, directory });
  const dispose = (): PromiseLike<void> => barn[Symbol.asyncDispose]();
  return {
    name: "Buildbarn",
    url: barn.storage,
    profile: "plain",
    action: ["/bin/true"],
    [Symbol.asyncDispose]: dispose,
  };
}

async function measureOn(cluster: Cluster, repetition: number): Promise<void> {
  const note = (what: string, value: number): void => {
    process.stderr.write(`${cluster.name} ${what}: ${value.toFixed(1)}\n`);
    ((figures[cluster.name] ??= {})[what] ??= []).push(value);
  };
  const alone = await execute(cluster, CHAIN, 1);
  note("an empty action, p50 ms", alone["p50_ms"]!);
  const many = await execute(cluster, FAN, 4 * WORKERS);
  note("empty actions/s", many["ops_s"]!);

  const state = join(home, `state-${cluster.profile}-${repetition}`);
  const builder = createCausewayBuilder(state, home, evaluation, [
    "--remote",
    cluster.url,
    "--profile",
    cluster.profile,
  ]);
  const run = async (derivation: string): Promise<{ readonly wallMs: number; readonly sent: number }> => {
    const ended = await builder.build({ derivations: [derivation], through: peakArguments(home) });
    if (ended.exit !== 0) throw new Error(`${cluster.name}: ${ended.exit}\n${ended.stderr}`);
    note("peak MiB", ((await peakOf(home)) ?? NaN) / 1024);
    return { wallMs: ended.wallMs, sent: Number(/^sent (\d+) blobs?/m.exec(ended.stderr)?.[1] ?? 0) };
  };
  const chain = await instantiate("chain", CHAIN);
  const [cold, valid] = [await run(chain), await run(chain)];
  const perDerivation = (cold.wallMs - valid.wallMs) / CHAIN;
  note("chain, ms a derivation", perDerivation);
  note("chain, ms beside the action", perDerivation - alone["p50_ms"]!);
  note("chain, blobs sent for each", cold.sent / CHAIN);
  const fan = await instantiate("fan", FAN);
  const [wide, again] = [await run(fan), await run(fan)];
  const perSecond = (FAN + 1) / ((wide.wallMs - again.wallMs) / 1000);
  note("fan, derivations/s", perSecond);
  note("fan, of the empty actions", perSecond / many["ops_s"]!);
  await rm(state, { recursive: true, force: true });
  await upload(cluster, repetition, note);
}

/** A tree of 264 MB that only one derivation needs, sent by us and by the command line of the protocol's Go SDK, none of it there before. */
async function upload(
  cluster: Cluster,
  repetition: number,
  note: (what: string, value: number) => void,
): Promise<void> {
  const tree = join(home, "tree");
  const [ours, theirs] = [join(tree, "ours"), join(tree, "theirs")];
  const packages = join(await fetchPackages(), "packages");
  for (const place of [ours, theirs]) {
    await cp(packages, place, { recursive: true, verbatimSymlinks: true });
    // The other client refuses links that lead out of the tree.
    await output(["find", place, "-type", "l", "-delete"]);
    const mark = `${place}${cluster.profile}${repetition}`;
    // Other bytes in every file.
    await output([
      "find",
      place,
      "-type",
      "f",
      "-exec",
      "sh",
      "-c",
      'for f; do printf "%s" "$0" >>"$f"; done',
      mark,
      "{}",
      "+",
    ]);
  }
  const state = join(home, "state-upload");
  const expression = `derivation { name = "upload"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo > $out" ]; tree = builtins.path { path = ${ours}; name = "tree"; }; }`;
  await writeFile(join(home, "upload.nix"), expression);
  const derivation = (await output(["nix-instantiate", join(home, "upload.nix")], { env })).trim();
  const builder = createCausewayBuilder(state, home, evaluation, [
    "--remote",
    cluster.url,
    "--profile",
    cluster.profile,
  ]);
  const ended = await builder.build({ derivations: [derivation], through: peakArguments(home) });
  const said = /^sent (\d+) blobs \(.*\) to .* in ([\d.]+) s$/m.exec(ended.stderr);
  if (ended.exit !== 0 || said === null) throw new Error(`${cluster.name}: ${ended.exit}\n${ended.stderr}`);
  note("upload, s", Number(said[2]));
  note("upload, blobs", Number(said[1]));
  note("upload, whole build, s", ended.wallMs / 1000);
  note("upload, peak MiB", ((await peakOf(home)) ?? NaN) / 1024);
  const tool = createRemoteTool(await goPrograms(), { execution: cluster.url, cas: cluster.url }, home);
  const startMs = performance.now();
  await tool.upload(theirs);
  note("upload by remotetool, s", (performance.now() - startMs) / 1000);
  for (const place of [tree, state]) await rm(place, { recursive: true, force: true });
}

async function execute({ url, action }: Cluster, count: number, parallel: number): Promise<Record<string, number>> {
  const words = [
    "exec",
    "-n",
    `${count}`,
    "-par",
    `${parallel}`,
    "-argv",
    ...action,
    "-prop",
    "OSFamily=linux",
    "-nocache",
  ];
  return JSON.parse(await output([client, ...words, "-addr", new URL(url).host, "-digest", "sha256"])) as Record<
    string,
    number
  >;
}

async function instantiate(shape: string, count: number): Promise<string> {
  const file = join(import.meta.dirname, "chain.nix");
  const words = ["-A", shape, "--argstr", "salt", `${process.pid}-${salts++}`, "--arg", "count", `${count}`];
  return (await output(["nix-instantiate", file, ...words], { env })).trim();
}

function summaries(): object {
  return Object.fromEntries(
    Object.entries(figures).map(([cluster, each]) => [
      cluster,
      Object.fromEntries(
        Object.entries(each).map(([what, values]) => [
          what,
          { median: Number(median(values).toFixed(2)), values: values.map((value) => Number(value.toFixed(2))) },
        ]),
      ),
    ]),
  );
}
