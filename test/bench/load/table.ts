import { LINES } from "./lines.ts";

/** The runs of one line on one server. */
export interface Figure {
  readonly server: string;
  readonly digest: string;
  readonly line: string;
  readonly values: readonly number[];
}

/** Markdown: medians by server, and ours beside the better of the others with the same digest function, or with SHA-256 where they have none. */
export function tableOf(figures: readonly Figure[], memory: Readonly<Record<string, object>>): string {
  const columns = [...new Set(figures.map(columnOf))];
  const rows = LINES.filter(({ name }) => figures.some(({ line }) => line === name)).map(({ name, ratio, figure }) => {
    const of = figures.filter(({ line }) => line === name);
    const cells = columns
      .map((column) => of.find((each) => columnOf(each) === column))
      .map((each) => shown(each && medianOf(each.values)));
    const ours = of.find(({ server, digest }) => server === "causeway" && digest === "sha256");
    const theirs = of
      .filter(({ server, digest }) => server !== "causeway" && digest === "sha256")
      .map(({ values }) => medianOf(values));
    const best = figure === "p50_ms" ? Math.min(...theirs) : Math.max(...theirs);
    const reached = ours === undefined || theirs.length === 0 ? undefined : medianOf(ours.values) / best;
    return [name, ...cells, shown(reached), `${figure === "p50_ms" ? "≤" : "≥"} ${ratio}`];
  });
  const head = ["line", ...columns, "ours / the better (SHA-256)", "asked"];
  const lines = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  const used = Object.entries(memory).map(([server, peak]) => `- ${server}: ${JSON.stringify(peak)}`);
  return `${lines.join("\n")}\n\nPeak of memory:\n\n${used.join("\n")}\n`;
}

function columnOf({ server, digest }: Figure): string {
  return `${server} ${digest}`;
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

function shown(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return "–";
  return value >= 100 ? String(Math.round(value)) : value.toPrecision(3);
}
