import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Ended } from "../nix/run-program.ts";
import { built, openSession, VALUES, type Session } from "./session.ts";

const TIMEOUT_MS = 120_000;
let session: Session;
beforeAll(async () => {
  session = await openSession();
}, TIMEOUT_MS);
afterAll(() => session[Symbol.asyncDispose](), TIMEOUT_MS);

const build = (...words: readonly string[]) => session.causeway("build", ...words);
const attribute = (name: string, ...words: readonly string[]) => build("-f", VALUES, "-A", name, ...words);

describe("causeway build", { timeout: TIMEOUT_MS }, () => {
  it("prints output paths to standard output, and the rest to standard error", async () => {
    const ended = await attribute("text", "--argstr", "greeting", "streams");
    expect(ended).toMatchObject({
      exit: 0,
      stdout: expect.stringMatching(/^\/nix\/store\/[0-9a-z]{32}-text\n$/) as string,
    });
    expect(built(ended)).toEqual(["text"]);
    expect(ended.stderr).not.toContain("said streams");
  });

  it.each([["two"], ["developer"], ["developer.out"], ["text"]])(
    "prints for -A %s what nix-build prints",
    async (name) => {
      const { exit, stdout } = await attribute(name);
      expect(exit).toBe(0);
      expect(stdout.trim()).toBe(await session.nixOutput("nix-build", "--no-out-link", VALUES, "-A", name));
    },
  );

  it("prints for DRV, DRV!dev, DRV^out and DRV^* what nix-store --realise prints", async () => {
    const drv = await session.derivation("two");
    await session.nixOutput("nix-instantiate", VALUES, "-A", "two");
    for (const [ours, theirs] of [
      [drv, drv],
      [`${drv}!dev`, `${drv}!dev`],
      [`${drv}^out`, `${drv}!out`],
      [`${drv}^*`, drv],
      [`${drv}!dev,out`, `${drv}!dev,out`],
    ] as const) {
      const expected = (await session.nixOutput("nix-store", "--realise", theirs)).split("\n").sort();
      expect((await build(ours)).stdout.trim().split("\n").sort(), ours).toEqual(expected);
    }
  });

  it("says with --dry-run what nix-build --dry-run says, and builds nothing", async () => {
    const more = ["--argstr", "greeting", "only asked", "--dry-run"];
    const said = ({ stderr }: Ended): string[] => stderr.split("\n").filter((line) => !line.startsWith("warning:"));
    const theirs = await session.nix("nix-build", "--no-out-link", VALUES, "-A", "two", ...more);
    const ours = await attribute("two", ...more);
    expect([ours.exit, ours.stdout, said(ours)]).toEqual([0, "", said(theirs)]);
    expect(said(ours)[0]).toBe("these 2 derivations will be built:");
    // Given by its path.
    expect(said(await build("--dry-run", said(ours)[2]!.trim()))).toEqual(said(ours));
  });

  it("passes --arg and --argstr on, with words after them", async () => {
    const more = ["--arg", "mark", "40 + 2", "--argstr", "greeting", "two words"];
    const path = (await attribute("text", ...more)).stdout.trim();
    expect(path).toBe(await session.nixOutput("nix-build", "--no-out-link", VALUES, "-A", "text", ...more));
    expect(await session.causewayOutput("store", "cat", path)).toBe("two words 42");
  });

  it("prints with --json what nix build prints", async () => {
    const drv = await session.derivation("two");
    await session.nixOutput("nix-instantiate", VALUES, "-A", "two");
    const theirs = JSON.parse(await session.nixOutput("nix", "build", "--no-link", "--json", drv)) as unknown;
    const ours = await build("--json", drv);
    expect(ours.exit).toBe(0);
    expect(JSON.parse(ours.stdout)).toEqual(theirs);
    const changed = await attribute("two", "--json", "--argstr", "greeting", "times");
    const [entry] = JSON.parse(changed.stdout) as [{ startTime: number; stopTime: number; outputs: object }];
    expect(entry.stopTime).toBeGreaterThanOrEqual(entry.startTime);
    expect(Object.keys(entry.outputs)).toEqual(["out"]);
  });

  it("runs nothing the second time, and after forget answers from the action cache", async () => {
    const more = ["--argstr", "greeting", "twice"];
    const first = await attribute("two", ...more);
    expect(built(first)).toEqual(["text", "two"]);
    const second = await attribute("two", ...more);
    expect([second.stdout, built(second)]).toEqual([first.stdout, []]);

    const path = first.stdout.trim();
    expect((await session.causeway("store", "forget", path)).exit).toBe(0);
    expect((await session.causeway("path-info", path)).exit).toBe(1);
    const third = await attribute("two", ...more);
    expect([third.stdout, built(third)]).toEqual([first.stdout, []]);
    expect((await session.causeway("path-info", path)).stdout.trim()).toBe(path);
  });

  it("compares with --check, and ends with 104 when a build is not deterministic", async () => {
    await attribute("text");
    const same = await attribute("text", "--check");
    expect([same.exit, built(same)]).toEqual([0, ["text"]]);
    expect((await attribute("random")).exit).toBe(0);
    const other = await attribute("random", "--check");
    expect(other.exit).toBe(104);
    expect(other.stderr).toContain("may not be deterministic");
    expect((await attribute("text", "--check", "--argstr", "greeting", "never built")).stderr).toContain(
      "are not valid, so checking is not possible",
    );
  });

  it("ends with 100, 101, 102 and 1 as nix-build does", async () => {
    const exits: [string, readonly string[]][] = [
      ["fails", []],
      ["dependent", []],
      ["slow", ["--timeout", "1"]],
      ["slow", ["--max-silent-time", "1"]],
      ["wrong", []],
      ["absent", []],
    ];
    const ours = [];
    const theirs = [];
    for (const [name, more] of exits) {
      ours.push((await attribute(name, ...more)).exit);
      theirs.push((await session.nix("nix-build", "--no-out-link", VALUES, "-A", name, ...more)).exit);
    }
    expect(ours).toEqual([100, 100, 101, 101, 102, 1]);
    expect(theirs).toEqual(ours);
  });

  it("ends with 1 for what is no derivation, no option, no setting's value and no file, and says which", async () => {
    for (const [words, said] of [
      [["nope.drv"], "'nope.drv' is not a derivation"],
      [["values.nix"], "'values.nix' is not a derivation"],
      [["--bogus"], "unknown option '--bogus'"],
      [["--arg", "name"], "It wants a name and a value"],
      [["-j", "many", "-f", VALUES], "'max-jobs' has the value 'many'"],
      [["-f", "absent.nix"], "absent.nix"],
      [["/nix/store/5wqyyd8qpgindqz5qw2lmpf4a787x47m-a.drv"], "is not valid here"],
    ] as const) {
      const ended = await build(...words);
      expect([ended.exit, ended.stdout], words.join(" ")).toEqual([1, ""]);
      expect(ended.stderr).toContain(said);
      expect(ended.stderr).not.toContain("bug in Causeway");
    }
  });

  it("goes on with --keep-going, prints what was built, and ends with 100", async () => {
    const words = ["-A", "fails", "-A", "dependent", "-A", "text", "--argstr", "greeting", "going on"];
    const ended = await build("-f", VALUES, ...words, "--keep-going", "-j", "1");
    expect(ended.exit).toBe(100);
    expect(ended.stdout).toMatch(/^\/nix\/store\/\S+-text\n$/);
    expect(ended.stderr.match(/^error: builder for /gm)).toHaveLength(1);
    expect(ended.stderr).toContain("> last words\n");
    expect(ended.stderr).toMatch(/error: 1 dependencies of derivation '\S+-dependent.drv' failed to build/);
  });

  it("keeps the directory of a failed builder with --keep-failed, and says where", async () => {
    const ended = await attribute("fails", "--keep-failed");
    const place = /^note: keeping build directory '(.*)'$/m.exec(ended.stderr)?.[1];
    expect(await readFile(join(place!, "sub/file"), "utf8")).toBe("kept\n");
    expect(place).toContain(join(session.state, "failed", "fails.drv-"));
    const kept = await readdir(join(session.state, "failed"));
    await attribute("fails");
    await attribute("text", "-K", "--argstr", "greeting", "kept");
    expect(await readdir(join(session.state, "failed"))).toEqual(kept);
  });

  it("prints logs with -L only, without what steers a terminal", async () => {
    const ended = await attribute("text", "-L", "--argstr", "greeting", "aloud");
    expect(ended.stderr).toContain("\ntext> said aloud 1\n");
    const { stderr } = await attribute("colours", "-L");
    expect(stderr).toContain("colours> red\n");
    expect(stderr).toContain("\n> red\n");

    expect(stderr).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
  });

  it("takes settings from the command line over those of the environment", async () => {
    const cat = async (...words: readonly string[]) =>
      session.causewayOutput("store", "cat", (await attribute("cores", "--check", ...words)).stdout.trim());
    const path = (await attribute("cores")).stdout.trim();
    expect(await session.causewayOutput("store", "cat", path)).toBe("4");
    for (const words of [
      ["--cores", "7"],
      ["--option", "cores", "7"],
    ]) {
      await session.causeway("store", "forget", path);
      await attribute("cores", ...words);
      expect(await session.causewayOutput("store", "cat", path), words.join(" ")).toBe("7");
    }
    expect(await cat("--cores", "7")).toBe("7");
  });

  it("builds in a state below a directory that only its owner may enter", async () => {
    const closed = join(session.home, "closed");
    await mkdir(closed, { mode: 0o700 });
    const ended = await attribute("text", "--state", join(closed, "state"));
    expect(ended.stderr).not.toContain("error");
    expect(ended.exit).toBe(0);
  });
});
