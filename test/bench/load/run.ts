import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { loadClient } from "../../interop/peers/go-program.ts";
import { output } from "../../interop/nix/run-program.ts";
import { LINES } from "./lines.ts";
import { sampleMemory } from "./sample-memory.ts";
import { measuredServers } from "./servers.ts";
import { tableOf, type Figure } from "./table.ts";

// Measures causeway serve beside bazel-remote and Buildbarn, and prints a table; with a file name, all figures go there as JSON.
// usage: node test/bench/load/run.ts [--runs 3] [--only WORD] [--json FILE]
const words = process.argv.slice(2);
const option = (name: string): string | undefined =>
  words.includes(name) ? words[words.indexOf(name) + 1] : undefined;
const runs = Number(option("--runs") ?? 3);
const only = option("--only") ?? "";
const json = option("--json");

const client = await loadClient();
const servers = measuredServers();
if (servers["Buildbarn"] === undefined)
  process.stderr.write("Buildbarn is not measured: $BUILDBARN_BIN is not set to the folder of its programs\n");
const figures: Figure[] = [];
const memory: Record<string, object> = {};

for (const [name, start] of Object.entries(servers)) {
  const directory = await mkdtemp(join(tmpdir(), "causeway-load-"));
  try {
    await using server = await start(directory);
    using sampler = sampleMemory(server.pids);
    for (const digest of server.digests)
      for (const line of LINES.filter(({ words }) => words.join(" ").includes(only))) {
        if (line.executes === true && !server.executes) continue;
        const values: number[] = [];
        for (let run = 0; run < runs; run++) {
          const load = loadavg()[0] ?? 0;
          const said = await output([client, ...line.words, "-addr", server.address, "-digest", digest], {
            timeoutMs: 600_000,
          });
          const value = (JSON.parse(said) as Record<string, number>)[line.figure] ?? NaN;
          process.stderr.write(`${name} ${digest} ${line.name}: ${value} (load ${load.toFixed(1)})\n`);
          values.push(value);
        }
        figures.push({ server: name, digest, line: line.name, values });
      }
    memory[name] = { ...sampler.peak };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

process.stdout.write(tableOf(figures, memory));
if (json !== undefined) await writeFile(json, `${JSON.stringify({ runs, figures, memory }, undefined, 2)}\n`);
