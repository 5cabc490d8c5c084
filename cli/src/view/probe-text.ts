import type { Attempt, Verdict } from "@causeway/bridge/cluster";
import { formatSize } from "../sizes.js";

const KINDS: Readonly<Record<string, string>> = {
  causeway: "as Causeway's own executor",
  buildbox: "rooted, as BuildBox with bubblewrap",
  plain: "wrapped: the helper makes namespaces",
  buildbarn: "rooted, as Buildbarn with chroot",
};

/** What was found out about a cluster, for people. */
export function probeText(verdict: Verdict): string {
  const { capabilities, link, attempts, profile } = verdict;
  const { blobBytesMax } = capabilities;
  const facts: [string, string][] = [
    ["REAPI", `${capabilities.lowApiVersion} to ${capabilities.highApiVersion}`],
    ["digests", capabilities.digestFunctions.join(", ")],
    ["compression", capabilities.zstd ? "zstd" : "none"],
    [
      "limits",
      `${formatSize(capabilities.batchBytesMax)} in a batch, ${blobBytesMax === null ? "blobs of any size" : `blobs up to ${formatSize(blobBytesMax)}`}`,
    ],
    ["absolute symlinks", capabilities.absoluteSymlinks],
    ["latency", `${link.latencyMs.toFixed(1)} ms`],
    ["upload", `${link.uploadMBPerSecond.toFixed(0)} MB/s`],
  ];
  const width = Math.max(...facts.map(([name]) => name.length)) + 2;
  const lines = [
    verdict.url,
    ...facts.map(([name, value]) => `  ${name.padEnd(width)}${value}`),
    "",
    "A small build",
    ...attempts.map((attempt) => `  ${attemptLine(attempt, verdict.url)}`),
    "",
    profile === null
      ? "This cluster cannot host Nix builds as it is."
      : `Nix builds run here: --profile ${profile}, which --remote chooses by itself.`,
  ];
  if (profile !== null && verdict.lacks.length === 0) lines.push("They find everything that Nix gives them.");
  if (verdict.lacks.length > 0) lines.push("What they miss:", ...verdict.lacks.map((lack) => `  - ${lack}`));
  if (verdict.advice.length > 0) lines.push("What would help:", ...verdict.advice.map((text) => `  - ${text}`));
  return `${lines.join("\n")}\n`;
}

/** Some servers print the whole request. The JSON has all of it. */
const REASON_LENGTH_MAX = 120;

function attemptLine(attempt: Attempt, url: string): string {
  const name = `${attempt.profile.padEnd(11)}${(KINDS[attempt.profile] ?? "").padEnd(38)}`;
  if (!attempt.works) {
    const reason = attempt.reason.replace(`cluster ${url}: `, "").split("\n", 1)[0]!;
    return `✗ ${name}${reason.length > REASON_LENGTH_MAX ? `${reason.slice(0, REASON_LENGTH_MAX)}…` : reason}`;
  }
  const count = attempt.lacks.length;
  return `✓ ${name}${count === 0 ? "has everything" : `misses ${String(count)} thing${count === 1 ? "" : "s"}`}`;
}
