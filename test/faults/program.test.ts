import { mkdir, readdir, rm, symlink, writeFile, chmod } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CAUSEWAY } from "../interop/nix/create-causeway-builder.ts";
import { output, runProgram } from "../interop/nix/run-program.ts";
import { createSetting, isToldClearly, sampleArchive } from "./setting.ts";
import { tracesAfter } from "./traces.ts";

const setting = await createSetting("program");
const { home, state, causeway, env } = setting;
const SETTLE_MS = 5_000;
const FOREVER = "echo begun; while :; do :; done";
let path: string;

beforeAll(async () => {
  const imported = await setting.causewayReading(await sampleArchive(setting), ["store", "import"]);
  path = imported.stdout.trim();
});
afterAll(() => rm(home, { recursive: true, force: true }));

describe("a command line", () => {
  it.each([
    [["frobnicate"], "unknown command 'frobnicate'"],
    [["build", "--frobnicate"], "unknown option '--frobnicate'"],
    [["store", "frobnicate"], "unknown command 'frobnicate'"],
    [["store", "ls"], "missing required argument 'path'"],
    [["path-info", "x", "--json-format", "9"], "Allowed choices are 0, 1, 2"],
    [["build", "--timeout", "soon", "x.drv"], "setting 'timeout' has the value 'soon'"],
    [["store", "gc", "--max-size", "much"], "'much' is not a size"],
  ])("%j is refused with exit code 1 and what is wrong", async (words, message) => {
    const ended = await causeway(words);
    expect(isToldClearly(ended), ended.stderr).toBe(true);
    expect(ended.stderr).toContain(message);
    expect(ended.stdout).toBe("");
  });

  it("without a command shows how it is used", async () => {
    const ended = await causeway([]);
    expect(ended.exit).toBe(1);
    expect(ended.stderr).toContain("Usage: causeway");
  });
});

describe("two commands on one state", () => {
  it("do not write at once: the second is told who does, readers go on, and nothing is lost", async () => {
    const first = setting.start(["build", "-L", await setting.instantiate("long", FOREVER)]);
    await first.said("begun");
    const second = await causeway(["store", "add", join(home, "sample")]);
    expect(isToldClearly(second), second.stderr).toBe(true);
    expect(second.stderr).toContain(`the state directory ${state} is in use by process ${first.child.pid}`);
    for (const words of [
      ["path-info", path],
      ["store", "cat", `${path}/a`],
      ["store", "ls", path],
    ])
      expect(await causeway(words)).toMatchObject({ exit: 0 });
    first.child.kill("SIGINT");
    expect((await first.ended()).exit).toBe(130);
    expect(await causeway(["store", "verify", "--contents"])).toMatchObject({ exit: 0 });
    expect(await causeway(["store", "add", join(home, "sample")])).toMatchObject({ exit: 0 });
  });
});

describe("a build", () => {
  it.each(["SIGINT", "SIGTERM"] as const)(
    "that gets %s ends with 130 and leaves nothing; the next one works",
    async (signal) => {
      const build = setting.start(["build", "-L", await setting.instantiate(`until-${signal}`, FOREVER)]);
      await build.said("begun");
      build.child.kill(signal);
      const { exit, stderr } = await build.ended();
      expect(exit, stderr).toBe(130);
      expect(stderr).toContain("error: interrupted");
      expect(await tracesAfter(home, SETTLE_MS)).toEqual({ processes: [], mounts: [] });
      expect(await readdir(join(state, "work"))).toEqual([]);
      const next = await causeway(["build", await setting.instantiate(`after-${signal}`, "echo > $out")]);
      expect(next.exit, next.stderr).toBe(0);
    },
  );

  it("without an OCI runtime says what to install, and what needs none still works", async () => {
    const bin = join(home, "bin");
    await mkdir(bin);
    for (const name of ["sh", "readlink", "dirname", "setarch", "unshare", "umount", "mkfifo", "mknod", "id"])
      await symlink((await output(["sh", "-c", 'command -v "$0"', name], { env })).trim(), join(bin, name));
    const drv = await setting.instantiate("no-runtime", "echo > $out");
    const bare = { PATH: bin };
    const build = await causeway(["build", drv], bare);
    expect(isToldClearly(build), build.stderr).toBe(true);
    expect(build.stderr).toContain(
      "no OCI runtime is installed: builds need crun or runc (Debian: apt-get install crun)",
    );
    const exec = await causeway(["exec", "--", "/bin/true"], bare);
    expect(isToldClearly(exec), exec.stderr).toBe(true);
    expect(exec.stderr).toContain("no OCI runtime is installed");
    expect(await causeway(["path-info", path], bare)).toMatchObject({ exit: 0 });
    const evaluation = await causeway(["build", "-f", join(home, "x.nix")], bare);
    expect(isToldClearly(evaluation), evaluation.stderr).toBe(true);
    expect(evaluation.stderr).toContain("'nix-instantiate' is not installed");
    await writeFile(join(bin, "crun"), "#!/bin/sh\necho out of order >&2\nexit 3\n");
    await chmod(join(bin, "crun"), 0o755);
    const broken = await causeway(["build", drv], bare);
    expect(isToldClearly(broken), broken.stderr).toBe(true);
    expect(broken.stderr).toMatch(/the OCI runtime crun does not work: .*\n?out of order/);
    expect(broken.stderr).not.toContain("tried again");
  });
});

describe("standard output", () => {
  it.each(["cat", "export"])("that is closed early is no error of store %s", async (command) => {
    const file = command === "cat" ? `${path}/sub/large` : path;
    const script = '{ "$@"; echo "exit $?" >&2; } | head -c 1 > /dev/null';
    const ended = await runProgram(["/bin/sh", "-c", script, "sh", CAUSEWAY, "store", command, file], { env });
    expect(ended.stderr).toBe("exit 0\n");
  });
});
