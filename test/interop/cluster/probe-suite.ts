import { expect, it } from "vitest";
import type { ClusterSession } from "./cluster-session.ts";

/** What `causeway probe --json` prints, as far as tests look at it. */
export interface ProbedVerdict {
  readonly profile: string | null;
  readonly lacks: readonly string[];
  readonly advice: readonly string[];
  readonly attempts: readonly { readonly profile: string; readonly works: boolean; readonly reason?: string }[];
  readonly link: { readonly latencyMs: number; readonly uploadMBPerSecond: number };
}

/** Probes a cluster. @throws Error if it hosts nothing. */
export async function probed(session: ClusterSession, url: string): Promise<ProbedVerdict> {
  const ended = await session.causeway("probe", url, "--json");
  expect(ended.exit, ended.stderr).toBe(0);
  return JSON.parse(ended.stdout) as ProbedVerdict;
}

/** `causeway probe` finds the profile, and builds then use it by themselves. */
export function probeOf(session: () => ClusterSession, url: () => string, profile: string): void {
  it(`is found to be of the kind ${profile}`, async () => {
    const verdict = await probed(session(), url());
    expect(verdict.profile, JSON.stringify(verdict.attempts)).toBe(profile);
    expect(verdict.link.latencyMs).toBeGreaterThan(0);
    const text = await session().causeway("probe", url());
    expect(text.stdout).toContain(`--profile ${profile}, which --remote chooses by itself.\n`);
    for (const lack of verdict.lacks) expect(text.stdout).toContain(`  - ${lack}\n`);
  });

  it("hosts builds that name no profile, by its name too", async () => {
    const greeting = ["--argstr", "greeting", "probed"];
    const built = await session().causeway("build", "--remote", url(), "-f", session().file, "-A", "two", ...greeting);
    expect(built.exit, built.stderr).toBe(0);
    expect((await session().causeway("probe", url(), "--save", "ours")).exit).toBe(0);
    const again = ["build", "--remote", "ours", "-f", session().file, "-A", "two", "--check", ...greeting];
    const checked = await session().causeway(...again);
    expect(checked.exit, checked.stderr).toBe(0);
  });
}
