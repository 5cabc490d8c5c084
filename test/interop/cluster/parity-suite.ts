import { expect, it } from "vitest";
import { built } from "../cli/session.ts";
import type { ClusterSession } from "./cluster-session.ts";

/** What a kind of cluster cannot give: the reason for each attribute that is left out. */
export type Exceptions = Readonly<Record<string, string>>;

/** One reason for several, whose names are words of a text. */
export function because(reason: string, names: string): Exceptions {
  return Object.fromEntries(names.split(/\s+/).map((name) => [name, reason]));
}

const ATTRIBUTES = ["text", "two", "links", "link", "user", "names", "sees"];

/** Builds on a cluster are what nix-build makes, or fail with its words. */
export function parityOf(session: () => ClusterSession, exceptions: Exceptions = {}): void {
  const cases = ATTRIBUTES.filter((name) => exceptions[name] === undefined);
  it.each(cases)("makes of %s what nix-build makes", async (name) => {
    expect(await session().there(name)).toEqual(await session().withNix(name));
  });

  it("finds the second time what the first one left in the cluster's cache", async () => {
    const more = ["--argstr", "greeting", "cached"];
    expect(built(await session().build("two", ...more))).toEqual(["text", "two"]);
    await session().forgetEverything();
    const again = await session().build("two", ...more);
    expect([again.exit, built(again)]).toEqual([0, []]);
  });

  it("says how a builder failed, with its log", async () => {
    const failed = await session().build("fails", "-L");
    expect(failed.exit).toBe(100);
    expect(failed.stderr).toContain("fails> last words\nfails> more\n");
    expect(failed.stderr).toContain("failed with exit code 3");
  });

  it("refuses what Nix refuses", async () => {
    for (let time = 0; time < 2; time++) {
      expect((await session().build("missing")).stderr).toContain("failed to produce output path");
      expect((await session().build("fifo")).stderr).toContain("/p' has an unsupported type");
    }
  });
}
