import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeReachable } from "#src/sandbox/reachable.js";
import { tempDirectory } from "../temp-directory.js";

describe.runIf(process.getuid?.() === 0)("directories that sandboxes use", () => {
  it("keep their names where everybody may pass", async () => {
    await using home = await tempDirectory();
    const work = join(home.path, "work");
    mkdirSync(work);
    using reachable = makeReachable([work]);
    expect(reachable.aliases).toEqual([]);
    expect(reachable.nameOf(join(work, "x"))).toBe(join(work, "x"));
  });

  it("get another name below a directory that is closed to others, and lose it in the end", async () => {
    await using home = await tempDirectory();
    const closed = join(home.path, "closed");
    mkdirSync(join(closed, "work"), { recursive: true });
    const work = join(closed, "work");
    chmodSync(closed, 0o700);
    let alias: string;
    {
      using reachable = makeReachable([work, home.path]);
      expect(reachable.aliases.map(({ path }) => path)).toEqual([work]);
      alias = reachable.aliases[0]!.alias;
      expect(reachable.nameOf(join(work, "x"))).toBe(join(alias, "x"));
      expect(reachable.nameOf(`${work}-not`)).toBe(`${work}-not`);
      expect(existsSync(alias)).toBe(true);
    }
    expect(existsSync(alias)).toBe(false);
  });
});
