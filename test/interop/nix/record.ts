// Prints what Nix gives for the cases of the corpus, as the table of corpus/README.md: `node test/interop/nix/record.ts [NAME…]`.
// Cases that do not end as expected are told on standard error.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { loadCorpus, type Case } from "./corpus.ts";
import { createNixBuilder } from "./create-nix-builder.ts";
import { createHome, prepareMachine } from "./machine.ts";
import { buildCases, type Outcome } from "./outcome.ts";

await prepareMachine();
const home = await createHome("record");
try {
  const root = join(home, "root");
  const wanted = new Set(process.argv.slice(2));
  const cases = (await loadCorpus([root], home)).filter((entry) => wanted.size === 0 || wanted.has(entry.name));
  const started = performance.now();
  const outcomes = await buildCases(await createNixBuilder(root, home), cases);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log("| case | exit | NAR sizes | messages |\n|---|---|---|---|");
  for (const entry of cases) console.log(row(entry, outcomes.get(entry.name)!));
  console.error(`${cases.length} cases in ${seconds} s`);
} finally {
  await rm(home, { recursive: true, force: true });
}

function row(entry: Case, { exit, stderr, infos }: Outcome): string {
  const unsaid = entry.says.filter((text) => !stderr.includes(text));
  if (exit !== entry.exit || unsaid.length > 0)
    console.error(`${entry.name}: expected ${entry.exit} and ${JSON.stringify(unsaid)}, got ${exit}:\n${stderr}`);
  const sizes = infos.map((info) => `${info.narSize}`).join(" ");
  const errors = exit === 0 ? [] : stderr.split("\n").filter((line) => /^error|executing '/.test(line));
  return `| ${entry.name} | ${exit} | ${sizes} | ${errors.map(readable).join("<br>")} |`;
}

/** Without what differs from machine to machine, and from the serialised errors of a builder's start their text. */
function readable(line: string): string {
  return line
    .replaceAll(home, "")
    .replace(/[0-9a-z]{32}-/g, "…-")
    .replace(/^.*executing '/, "executing '")
    .replace(/[^ -~…]/g, "")
    .trim()
    .replaceAll("|", "\\|");
}
