import type { CaseResult, Verdict } from "@causeway/bridge/conformance";

const MARKS: Readonly<Record<Verdict, string>> = { pass: "✓", fail: "✗", warn: "!", skip: "–" };
/** ANSI: green, red, yellow, grey. */
const COLOURS: Readonly<Record<Verdict, number>> = { pass: 32, fail: 31, warn: 33, skip: 90 };

/** The line of one case, below a heading where a group begins; why, where it did not pass. */
export function conformanceLine(result: CaseResult, before: CaseResult | undefined, isColoured: boolean): string {
  const [group, name] = result.name.split("/") as [string, string];
  const heading = before?.name.split("/")[0] === group ? "" : `${before === undefined ? "" : "\n"}${group}\n`;
  const mark = coloured(MARKS[result.verdict], COLOURS[result.verdict], isColoured);
  const time = result.durationMs >= 1000 ? ` (${(result.durationMs / 1000).toFixed(1)} s)` : "";
  if (result.verdict === "pass") return `${heading}  ${mark} ${name}${time}\n`;
  if (result.verdict === "skip") return `${heading}  ${mark} ${name}: ${result.reason ?? ""}\n`;
  const lines = [`rule (${result.requirement}): ${result.rule} [${result.source}]`, result.reason ?? ""];
  return `${heading}  ${mark} ${name}${time}\n${lines.map((line) => `      ${line}\n`).join("")}`;
}

/** The last line. */
export function conformanceSummary(results: readonly CaseResult[], fn: string, isColoured: boolean): string {
  const count = (verdict: Verdict): number => results.filter((each) => each.verdict === verdict).length;
  const parts = [
    `${count("pass")} passed`,
    coloured(`${count("fail")} failed`, COLOURS.fail, isColoured && count("fail") > 0),
    `${count("warn")} warnings`,
    `${count("skip")} skipped`,
  ];
  return `\n${parts.join(", ")} (${fn})\n`;
}

function coloured(text: string, colour: number, isColoured: boolean): string {
  return isColoured ? `\x1b[${colour}m${text}\x1b[0m` : text;
}
