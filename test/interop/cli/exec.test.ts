import { copyFile, lstat, mkdir, readFile, readdir, readlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { directoryIn, openSession, type Session } from "./session.ts";

const TIMEOUT_MS = 120_000;
let session: Session;
/** With a shell and a file. */
let input: string;
beforeAll(async () => {
  session = await openSession();
  input = await directoryIn(session, "input");
  await mkdir(join(input, "bin"));
  await copyFile("/bin/busybox", join(input, "bin/sh"));
  await writeFile(join(input, "file"), "from outside\n");
}, TIMEOUT_MS);
afterAll(() => session[Symbol.asyncDispose](), TIMEOUT_MS);

/** Runs a script in the input root, with options before it. */
function run(script: string, ...options: readonly string[]) {
  return session.causeway("exec", "--input", input, ...options, "--", "/bin/sh", "-c", script);
}

describe("causeway exec", { timeout: TIMEOUT_MS }, () => {
  it("runs a command in its input root, with its variables and streams, and passes its exit code through", async () => {
    const ended = await run("cat file; echo $SAID; echo aside >&2; pwd; exit 7", "--env", "SAID=a=b");
    expect([ended.exit, ended.stdout, ended.stderr]).toEqual([7, "from outside\na=b\n/\n", "aside\n"]);
  });

  it("hides the environment and the files of the machine", async () => {
    const ended = await run("export; ls /");
    expect(ended.stdout).not.toMatch(/NIX_|CAUSEWAY/);
    expect(ended.stdout.split("\n").slice(-5)).toEqual(["bin", "dev", "file", "proc", ""]);
  });

  it("writes output files, directories and symlinks where --output-dir says, and prints their digests", async () => {
    const to = await directoryIn(session, "outputs");
    const script = "mkdir -p o/d/e; echo 1 > o/f; chmod +x o/f; echo 2 > o/d/e/x; ln -s f o/l";
    const options = ["--output", "o/f", "--output", "o/d", "--output", "o/l", "--output", "o/missing"];
    const ended = await run(script, ...options, "--output-dir", to);
    expect([ended.exit, ended.stdout]).toEqual([0, ""]);
    expect(ended.stderr).toMatch(/^o\/f [0-9a-f]{64}\/2\no\/d [0-9a-f]{64}\/\d+\no\/l -> f\n$/);
    expect((await readdir(join(to, "o"))).sort()).toEqual(["d", "f", "l"]);
    expect((await lstat(join(to, "o/f"))).mode & 0o111).not.toBe(0);
    expect(await readFile(join(to, "o/d/e/x"), "utf8")).toBe("2\n");
    expect(await readlink(join(to, "o/l"))).toBe("f");
  });

  it("answers the second time from the cache, with the same streams and outputs", async () => {
    const script = "cat /proc/sys/kernel/random/uuid; echo aside >&2; echo x > o";
    const [first, second] = [await run(script, "--output", "o"), await run(script, "--output", "o")];
    expect([second.stdout, second.stderr]).toEqual([first.stdout, first.stderr]);
    const uncached = await run(script, "--output", "o", "--no-cache");
    expect(uncached.stdout).not.toBe(first.stdout);
    const json = JSON.parse((await run(script, "--output", "o", "--json")).stdout) as object;
    expect(json).toMatchObject({ exitCode: 0, cached: true, outputs: { o: expect.stringContaining("/2") as string } });
  });

  it("does not keep what failed", async () => {
    const script = "cat /proc/sys/kernel/random/uuid; exit 1";
    expect((await run(script)).stdout).not.toBe((await run(script)).stdout);
  });

  it("ends with 101 after its timeout, with what was said until then", async () => {
    const ended = await run("echo began; sleep 100", "--timeout", "1");
    expect([ended.exit, ended.stdout]).toEqual([101, "began\n"]);
    expect(ended.stderr).toContain("timeout of 1000 ms");
  });

  it("works in --cwd, whose outputs are relative to it", async () => {
    const to = await directoryIn(session, "outputs");
    expect((await run("pwd; echo x > o", "--cwd", "bin", "--output", "o", "--output-dir", to)).stdout).toBe("/bin\n");
    expect(await readdir(to)).toEqual(["o"]);
  });

  it("leaves the words of the command alone, with and without --", async () => {
    const words = ["/bin/sh", "-c", 'echo "$0" "$@"', "--arg", "a", "b", "--json", "--", "--state"];
    for (const dashes of [["--"], []]) {
      const ended = await session.causeway("exec", "--input", input, ...dashes, ...words);
      expect(ended.stdout).toBe("--arg a b --json -- --state\n");
    }
  });

  it("takes platform properties, and refuses those it does not know", async () => {
    const merged = await run("echo a; echo b >&2; id -u", "--platform", "stderr=stdout", "--platform", "unixUID=77");
    expect([merged.stdout, merged.stderr]).toEqual(["a\nb\n77\n", ""]);
    expect((await run("true", "--platform", "colour=red")).stderr).toContain("unknown platform property 'colour'");
  });

  it("ends with 1 for a program, an input, a variable or an output that cannot be", async () => {
    for (const words of [
      ["--", "/absent"],
      ["--input", "absent", "--", "/bin/sh"],
      ["--input", join(input, "file"), "--", "/bin/sh"],
      ["--env", "NAME", "--", "/bin/sh"],
      ["--input", input, "--output", "../outside", "--", "/bin/sh"],
      [],
    ]) {
      const ended = await session.causeway("exec", ...words);
      expect([ended.exit, ended.stdout], words.join(" ")).toEqual([1, ""]);
      expect(ended.stderr).toMatch(/^error: /m);
      expect(ended.stderr).not.toContain("bug in Causeway");
    }
  });
});
