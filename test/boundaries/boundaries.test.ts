import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

interface Report {
  readonly summary: {
    readonly error: number;
    readonly totalCruised: number;
    readonly violations: readonly { rule: { name: string } }[];
  };
}

async function cruise(...paths: string[]): Promise<Report> {
  const command = [
    "node_modules/.bin/depcruise",
    "--config",
    ".dependency-cruiser.cjs",
    "--output-type",
    "json",
    ...paths,
  ];
  const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: root, maxBuffer: 64 << 20 });
  return JSON.parse(stdout) as Report;
}

describe("the rooms", () => {
  it("import only what lies below them", async () => {
    const { summary } = await cruise("bridge/src", "executor/src", "cli/src", "reapi-protos/src", "tvix-protos/src");
    expect(summary.violations).toEqual([]);
    // A checker that parses nothing reports no violations either.
    expect(summary.totalCruised).toBeGreaterThan(50);
  });

  it("are guarded by a check that finds a broken rule", async () => {
    const { summary } = await cruise("test/boundaries/canary");
    const broken = new Set(summary.violations.map((violation) => violation.rule.name));
    expect(broken).toContain("formats-are-pure");
    expect(broken).toContain("bridge-formats-imports-down");
    expect(broken).toContain("executor-knows-no-nix");
  });
});
