// Asks every server that can be had here for each rule, and writes what came of it: `npm run conformance`. Needs what test/interop needs; Buildbarn
// is left as it was recorded before unless $BUILDBARN_BIN names its programs.
import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { CaseResult } from "@causeway/bridge/conformance";
import { RESULTS_FILE, type RecordedServer } from "../../docs/conformance-document.ts";
import { temporaryDirectory } from "../peers/start-peer.ts";
import { serverSubjects } from "./subjects.ts";

const CAUSEWAY = new URL("../../../cli/bin/causeway", import.meta.url).pathname;

const recorded = new Map<string, RecordedServer>();
if (existsSync(RESULTS_FILE))
  for (const server of JSON.parse(readFileSync(RESULTS_FILE, "utf8")) as RecordedServer[])
    recorded.set(server.name, server);

await using home = await temporaryDirectory();
for (const subject of await serverSubjects()) {
  const { name, description } = subject;
  const directory = join(home.path, name);
  await mkdir(directory);
  await using server = await subject.start(directory);
  const results = await ask(server.url, subject.platform);
  recorded.set(name, {
    name,
    description,
    date: new Date().toISOString().slice(0, 10),
    results: Object.fromEntries(
      results.map(({ name: rule, verdict, reason }) => [rule, reason === undefined ? [verdict] : [verdict, reason]]),
    ),
  });
  const failed = results.filter(({ verdict }) => verdict === "fail");
  console.error(`${name}: ${failed.length} of ${results.length} failed`);
}
writeFileSync(RESULTS_FILE, `${JSON.stringify([...recorded.values()], undefined, 1)}\n`);

async function ask(url: string, platform?: string): Promise<CaseResult[]> {
  const child = spawn(
    CAUSEWAY,
    ["conformance", url, "--json", "--digest", "sha256", ...(platform === undefined ? [] : ["--platform", platform])],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let text = "";
  for await (const piece of child.stdout) text += String(piece);
  if (text === "") throw new Error(`${url} could not be asked`);
  return (JSON.parse(text) as { readonly results: CaseResult[] }).results;
}
