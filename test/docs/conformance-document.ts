import { fileURLToPath } from "node:url";
import type { ConformanceCase, Verdict } from "@causeway/bridge/conformance";

/** What was found with real servers: `npm run conformance` writes it. */
export const RESULTS_FILE = fileURLToPath(new URL("../../docs/conformance-results.json", import.meta.url));

/** A server and what came of asking it. */
export interface RecordedServer {
  readonly name: string;
  readonly description: string;
  /** When, as YYYY-MM-DD. */
  readonly date: string;
  /** By the case's name: the verdict, and why unless it passed. */
  readonly results: Readonly<Record<string, readonly [Verdict, string?]>>;
}

const MARKS: Readonly<Record<Verdict, string>> = { pass: "✓", fail: "✗", warn: "!", skip: "–" };

const HEAD = `# Conformance

<!-- Made from bridge/src/conformance and docs/conformance-results.json by \`npm run docs\`. -->

\`causeway conformance grpc://HOST:PORT[/INSTANCE]\` asks a server of the Remote Execution API for each rule below, by doing what a client would
do and looking at what comes back. It needs no rights but those of a client, leaves a few megabytes of random blobs, and takes about ten seconds.

    causeway conformance grpc://127.0.0.1:8980 --digest blake3
    causeway conformance grpcs://cache.example.org:443/main --header authorization="Bearer …" --only execute
    causeway conformance grpc://127.0.0.1:8980 --json | jq '.results[] | select(.verdict == "fail")'

A rule that servers **must** keep and do not is a failure (✗), and the exit code is then 1. What they **should** do, or what clients have come to expect (**customary**), is
a warning (!). What a server does not claim to do is passed over (–): a cache is not asked to execute. Exit code 2 says that the server could not be asked at all.
\`--only\` takes the beginning of names, \`--seed\` makes the same blobs again, and names of cases never change their meaning.

## What servers do

\`npm run conformance\` starts the servers and records this. Each is set up as in \`test/interop\`, and its defaults may be deliberate: a mark is an observation, not a judgement.
`;

/** The text of docs/conformance.md. */
export function conformanceDocument(cases: readonly ConformanceCase[], servers: readonly RecordedServer[]): string {
  const list = servers.map(({ name, description, date }) => `- **${name}**: ${description} (${date})`).join("\n");
  return [
    HEAD,
    list,
    "",
    table(
      ["rule", ...servers.map(({ name }) => name)],
      [
        ...cases.map(({ name }) => [`\`${name}\``, ...servers.map((server) => markOf(server, name))]),
        ["**failed**", ...servers.map((server) => String(count(server, cases, "fail")))],
        ["**warnings**", ...servers.map((server) => String(count(server, cases, "warn")))],
      ],
    ),
    "",
    "## Why marks are not ✓",
    "",
    ...servers.flatMap((server) => reasonsOf(server, cases)),
    "## The rules",
    "",
    table(
      ["name", "", "rule", "where"],
      cases.map(({ name, requirement, rule, source }) => [`\`${name}\``, requirement, rule, source]),
    ),
    "",
  ].join("\n");
}

function markOf({ results }: RecordedServer, name: string): string {
  const verdict = results[name]?.[0];
  return verdict === undefined ? "" : MARKS[verdict];
}

function count({ results }: RecordedServer, cases: readonly ConformanceCase[], verdict: Verdict): number {
  return cases.filter(({ name }) => results[name]?.[0] === verdict).length;
}

function reasonsOf(server: RecordedServer, cases: readonly ConformanceCase[]): string[] {
  const broken = cases.filter(({ name }) => ["fail", "warn"].includes(server.results[name]?.[0] ?? ""));
  if (broken.length === 0) return [];
  const lines = broken.map(({ name }) => `- \`${name}\`: ${plain(server.results[name]?.[1] ?? "")}`);
  return [`**${server.name}**`, "", ...lines, ""];
}

/** As text of a list: without what differs from run to run, and short. */
function plain(reason: string): string {
  const text = reason
    .replace(/\s+/g, " ")
    .replace(/[0-9a-f]{16,}(?:\/\d+)?/g, "…")
    .replace(/[\\`*_<>|[\]]/g, "\\$&");
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
