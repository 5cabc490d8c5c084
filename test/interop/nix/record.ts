// Prints what Nix gives for every case of the corpus, as a table of Markdown: `node test/interop/nix/record.ts [NAME…]`.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { loadCorpus } from "./corpus.ts";
import { createNixBuilder } from "./create-nix-builder.ts";
import { createHome, prepareMachine } from "./machine.ts";
import { buildCases } from "./outcome.ts";

await prepareMachine();
const home = await createHome("record");
try {
  const root = join(home, "root");
  const wanted = new Set(process.argv.slice(2));
  const corpus = await loadCorpus([root], home);
  const cases = corpus.filter((entry) => (wanted.size === 0 ? entry.slow !== true : wanted.has(entry.name)));
  const started = performance.now();
  const outcomes = await buildCases(await createNixBuilder(root, home), cases);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  for (const entry of cases) {
    const { exit, stderr, infos } = outcomes.get(entry.name)!;
    const unsaid = entry.says.filter((text) => !stderr.includes(text));
    const wrong = exit !== entry.exit || unsaid.length > 0;
    const sizes = infos.map((info) => `${info.narSize} ${info.narHash.slice(7, 15)}`).join(", ");
    const errors = exit === 0 ? [] : stderr.split("\n").filter((line) => /error|warning/.test(line));
    console.log(`| ${wrong ? "!! " : ""}${entry.name} | ${exit} | ${sizes} | ${errors.join(" ¶ ")} |`);
    if (wrong) console.log(`      expected ${entry.exit} ${JSON.stringify(unsaid)}:\n${stderr.slice(-1500)}`);
  }
  console.log(`${cases.length} cases in ${seconds} s`);
} finally {
  await rm(home, { recursive: true, force: true });
}
