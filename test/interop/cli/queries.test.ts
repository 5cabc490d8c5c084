import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CAUSEWAY } from "../nix/create-causeway-builder.ts";
import { output, runProgram } from "../nix/run-program.ts";
import { openSession, VALUES, type Session } from "./session.ts";

const TIMEOUT_MS = 120_000;
let session: Session;
/** Built by both programs. */
let two: string;
let text: string;
let drv: string;
/** Added to both. */
let tree: string;

beforeAll(async () => {
  session = await openSession();
  drv = await session.derivation("two");
  await session.nixOutput("nix-build", "--no-out-link", VALUES, "-A", "two");
  two = await session.causewayOutput("build", "-f", VALUES, "-A", "two");
  text = await session.causewayOutput("build", "-f", VALUES, "-A", "text");
  const directory = join(session.home, "tree");
  await mkdir(join(directory, "sub"), { recursive: true });
  await mkdir(join(directory, "empty"));
  await writeFile(join(directory, "sub/a b"), "spaced\n");
  await writeFile(join(directory, "tool"), "#!/bin/sh\n");
  await chmod(join(directory, "tool"), 0o755);
  await symlink("sub/a b", join(directory, "link"));
  await symlink("nowhere", join(directory, "sub/dangling"));
  tree = await session.causewayOutput("store", "add", "tree");
  await session.nixOutput("nix-store", "--add", "tree");
}, TIMEOUT_MS);
afterAll(() => session[Symbol.asyncDispose](), TIMEOUT_MS);

/** Without the moment of registration, which differs. */
function infos(json: string): unknown {
  return (JSON.parse(json) as object[]).map((info) => ({ ...info, registrationTime: 0 }));
}

/** Both programs end alike and print the same. */
async function expectSame(ours: readonly string[], theirs: readonly string[]): Promise<void> {
  const [a, b] = await Promise.all([session.causeway(...ours), session.nix("nix", ...theirs)]);
  expect([a.exit, a.stdout], ours.join(" ")).toEqual([b.exit, b.stdout]);
}

describe("causeway path-info", { timeout: TIMEOUT_MS }, () => {
  it.each([[[]], [["-r"]], [["-S"]], [["-rS"]]])("prints with --json %j what nix path-info prints", async (flags) => {
    const words = ["path-info", "--json", ...flags, two, text, tree];
    expect(infos(await session.causewayOutput(...words))).toEqual(infos(await session.nixOutput("nix", ...words)));
  });

  it.each([[[]], [["-r"]], [["-s"]], [["-rsS"]], [["-rsS", "--sigs"]]])(
    "prints with %j the lines of nix path-info, in its order",
    async (flags) => {
      const words = ["path-info", ...flags, two, tree];
      await expectSame(words, words);
    },
  );

  it("knows the formats of later Nix", async () => {
    const byPath = JSON.parse(
      await session.causewayOutput("path-info", "--json", "--json-format", "1", text),
    ) as object;
    expect(Object.keys(byPath)).toEqual([text]);
    expect((await session.causeway("path-info", "--json-format", "7", text)).exit).toBe(1);
  });

  it("takes links and base names, and refuses what is not valid", async () => {
    await symlink(text, join(session.home, "result"));
    await mkdir(join(session.home, "nix-links"));
    expect(await session.causewayOutput("path-info", text.slice("/nix/store/".length))).toBe(text);
    for (const wrong of [text.replace("text", "test"), "/etc/passwd", "absent"])
      expect((await session.causeway("path-info", wrong)).exit, wrong).toBe(1);
  });
});

describe("causeway store ls", { timeout: TIMEOUT_MS }, () => {
  it.each([["-lR"], ["-l"], ["-R"], ["--json"], ["-R --json"], [""]])(
    "prints with '%s' what nix store ls prints",
    async (flags) => {
      for (const below of ["", "/sub", "/tool", "/link", "/sub/a b", "/empty"]) {
        const words = ["store", "ls", ...flags.split(" ").filter((flag) => flag !== ""), `${tree}${below}`];
        await expectSame(words, words);
      }
    },
  );

  it("prints a path that is a file", async () => {
    await expectSame(["store", "ls", "-l", text], ["store", "ls", "-l", text]);
  });

  it("ends with 1 for what is not there", async () => {
    const { exit, stderr } = await session.causeway("store", "ls", `${tree}/sub/absent`);
    expect([exit, stderr]).toEqual([1, `error: path '${tree}/sub/absent' does not exist\n`]);
  });
});

describe("causeway store cat, add, export and import", { timeout: TIMEOUT_MS }, () => {
  it("prints files, and refuses what is none as Nix does", async () => {
    for (const below of ["/sub/a b", "/tool", "/link", "/sub", "/absent"])
      await expectSame(["store", "cat", `${tree}${below}`], ["store", "cat", `${tree}${below}`]);
    expect((await session.causeway("store", "cat", `${tree}/link`)).stderr).toContain("is not a regular file");
  });

  it("adds under the paths of Nix, also with another name", async () => {
    expect(tree).toBe(await session.nixOutput("nix-store", "--add", "tree"));
    expect(await session.causewayOutput("store", "add", "-n", "other", "tree")).toBe(
      await session.nixOutput("nix", "store", "add-path", "-n", "other", "tree"),
    );
    expect(await session.causewayOutput("store", "add", "tree/tool")).toBe(
      await session.nixOutput("nix-store", "--add", "tree/tool"),
    );
  });

  it("exports the archive that nix-store --dump makes, and imports it to the same path", async () => {
    const { env, home } = session;
    for (const below of ["", "/sub", "/tool"]) {
      const script = '"$0" store export "$1" > ours && nix-store --dump "$2" > theirs && cmp ours theirs';
      await output(["sh", "-c", script, CAUSEWAY, `${tree}${below}`, `tree${below}`], { env, cwd: home });
    }
    const script = 'nix-store --dump tree | "$0" store import -n tree';
    expect((await output(["sh", "-c", script, CAUSEWAY], { env, cwd: home })).trim()).toBe(tree);
  });

  it("refuses what is no archive, or only the beginning of one", async () => {
    const { env, home } = session;
    for (const source of [
      "echo no archive",
      "nix-store --dump tree | head -c 200",
      "cat tree/tool; nix-store --dump tree",
    ]) {
      const ended = await runProgram(["sh", "-c", `(${source}) | "$0" store import`, CAUSEWAY], { env, cwd: home });
      expect([ended.exit, ended.stdout], source).toEqual([1, ""]);
      expect(ended.stderr).toMatch(/^error: NAR, at byte \d+: /);
    }
  });
});

describe("causeway derivation show, log and why-depends", { timeout: TIMEOUT_MS }, () => {
  it("shows derivations as nix show-derivation does", async () => {
    const theirs = JSON.parse(await session.nixOutput("nix", "show-derivation", drv)) as unknown;
    for (const words of [[drv], [`${session.evaluation}${drv}`], [drv.slice("/nix/store/".length)]])
      expect(JSON.parse(await session.causewayOutput("derivation", "show", ...words)), words[0]).toEqual(theirs);
  });

  it("prints the log of a build by its derivation and by each output", async () => {
    const { dev } = (
      JSON.parse(await session.causewayOutput("build", "--json", drv)) as [{ outputs: { dev: string } }]
    )[0].outputs;
    for (const name of [drv, `${drv}!dev`, two, dev])
      expect(await session.causewayOutput("log", name), name).toBe("said two");
    const { exit, stderr } = await session.causeway("log", tree);
    expect([exit, stderr]).toEqual([1, `error: build log of '${tree}' is not available\n`]);
  });

  it("says which file leads from one path to another", async () => {
    const said = Buffer.from(await session.causewayOutput("why-depends", two, text), "latin1").toString("utf8");
    expect(said).toBe(`${two}\n└───text\n    → ${text}`);
    const not = await session.causeway("why-depends", text, two);
    expect([not.exit, not.stdout, not.stderr]).toEqual([0, "", `'${text}' does not depend on '${two}'\n`]);
    expect((await session.nix("nix", "why-depends", text, two)).exit).toBe(not.exit);
  });
});
